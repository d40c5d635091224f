"""A case of Open311, and those that discover, list services and send reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.api.open311_world import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

POINT = {"lat": "37.7512345", "long": "120.7061234"}


@dataclass(frozen=True)
class Case:
    """A question and what comes of it.

    Attributes
    ----------
    path
        Without ``.xml`` or ``.json`` before the question mark.
    says
        Must stand in the body of an error, in English.
    holds
        Is true of the body, read as lists, dicts and texts.
    """

    name: str
    path: str
    status: int = 200
    says: str = ""
    holds: Callable[[Any], bool] = bool
    key: str = ""
    form: dict[str, Any] | None = None
    raw: dict[str, Any] = field(default_factory=dict)


def get(name: str, path: str, holds: Any = bool, **more: Any) -> Case:
    """A question that is answered."""
    return Case(name, path, holds=holds, **more)


def bad(name: str, path: str, status: int, says: str, **more: Any) -> Case:
    """A question that is refused."""
    return Case(name, path, status, says, **more)


def report(name: str, holds: Any = None, *, key: str = "{good}", code: str = "rubbish", **form: Any) -> Case:
    """A report that is taken; fields that are None are left out."""
    fields = {"api_key": key, "service_code": code, **POINT, **form}
    given = {name: value for name, value in fields.items() if value is not None}
    is_numbered = holds or (lambda rows: len(rows) == 1 and rows[0]["service_request_id"].isdigit())
    return Case(name, "/v2/requests", holds=is_numbered, form=given)


def refused(name: str, status: int, says: str, **form: Any) -> Case:
    """A report that is refused; nothing is written."""
    return Case(name, "/v2/requests", status, says, form=report(name, **form).form)


def asks(name: str, status: int = 200, says: str = "", **attributes: Any) -> Case:
    """A report of a damaged road with answers; ``one`` must be answered."""
    answers = {f"attribute[{code}]": value for code, value in attributes.items() if code != "some"}
    if "some" in attributes:
        answers["attribute[some][]"] = attributes["some"]
    made = report(name, code="road_damage", **answers)
    return Case(name, made.path, status, says, made.holds if status == 200 else bool, form=made.form)


def numbers(*names: str) -> Any:
    """The ids of a list are those of these reports; filled in by the test."""
    return names


DISCOVERY = (
    get(
        "discovery",
        "/discovery",
        lambda d: (
            d["endpoints"][0]["url"] == "http://localhost/open311/v2"
            and d["endpoints"][0]["formats"] == ["text/xml", "application/json"]
            and d["endpoints"][0]["type"] == "production"
            and all(d[name] for name in ("changeset", "contact", "key_service"))
            and all(d["endpoints"][0][name] for name in ("specification", "changeset"))
        ),
    ),
    get("discovery, empty argument", "/discovery?jurisdiction_id=", lambda d: d["contact"]),
    bad("nothing there", "/v2/nothing", 404, "nothing at this address"),
)
SERVICES = (
    get(
        "services",
        "/v2/services",
        lambda rows: (
            [row["service_code"] for row in rows][:3] == ["noise", "parking", "leak"]
            and len(rows) == 12
            and rows[0].keys()
            == {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
            and (rows[0]["metadata"], rows[1]["metadata"]) == ("true", "false")
            and rows[8]["type"] == "blackbox"
        ),
    ),
    get("services, empty ≡ absent", "/v2/services?jurisdiction_id=", lambda rows: len(rows) == 12),
    get("services, the one jurisdiction", "/v2/services?jurisdiction_id=town", lambda rows: len(rows) == 12),
    bad("services, bad key", "/v2/services", 403, "unknown or revoked", key="nonsense"),
    bad("services, revoked key", "/v2/services", 403, "unknown or revoked", key="gone"),
    get(
        "definition with a question of every kind",
        "/v2/services/road_damage",
        lambda d: (
            [row["datatype"] for row in d["attributes"]]
            == ["singlevaluelist", "multivaluelist", "number", "datetime", "string", "text", "text"]
            and [row["order"] for row in d["attributes"]] == list("1234567")
            and d["attributes"][0]["values"] == [{"key": "a", "name": "A"}, {"key": "b", "name": "B"}]
            and (d["attributes"][0]["required"], d["attributes"][1]["required"]) == ("true", "false")
            and d["attributes"][6]["variable"] == "false"
        ),
    ),
    get("definition without questions", "/v2/services/leak", lambda d: d["attributes"] == []),
    get(
        "definition, empty ≡ absent",
        "/v2/services/leak?jurisdiction_id=",
        lambda d: d["service_code"] == "leak",
    ),
    bad("definition of nothing", "/v2/services/nothing", 404, "no service_code “nothing”"),
    bad("definition in Chinese letters", "/v2/services/噪音", 404, "噪音"),
    bad("definition, bad key", "/v2/services/leak", 403, "unknown or revoked", key="nonsense"),
)
REPORTS = (
    report("a point"),
    report("a building", address_id="100000011", lat=None, long=None),
    report("an address", address_string="海滨路12号", lat=None, long=None),
    report("a point, and words for it", address_string="面包店门口"),
    report("everything optional empty ≡ absent", description="", email="", media_url="", address_id=""),
    report("Chinese, astral characters, lines", description=f"{WORDS}\r\n第二行"),
    report("4,000 astral characters", description="𠮷" * 4000),
    report(
        "what is not kept is named",
        lambda rows: "Not kept: phone, media_url." in rows[0]["service_notice"],
        phone="138",
        media_url="http://example.org/a.jpg",
    ),
    report(
        "a token for a batch",
        lambda rows: "service_request_id" not in rows[0] and len(rows[0]["token"]) == 36,
        code="greening",
    ),
    report(
        "neither for a blackbox",
        lambda rows: rows[0].keys() == {"service_notice", "account_id"},
        code="dispute",
    ),
    report("in the datum of Chinese maps", datum="gcj02", extensions="true"),
    refused("no service", 400, "service_code: it is missing", code=None),
    refused("service empty ≡ absent", 400, "service_code: it is missing", code=""),
    refused("unknown service", 404, "no service_code “nothing”", code="nothing"),
    refused("no place", 400, "lat: give lat and long", lat=None, long=None),
    refused("place empty ≡ absent", 400, "lat: give lat and long", lat="", long=" "),
    refused("half a point", 400, "long: it is missing", long=None),
    refused("no number", 400, "lat: “north”", lat="north"),
    refused("not finite", 400, "lat: “nan”", lat="nan"),
    refused("off the earth", 400, "lat: “91” is out of range", lat="91"),
    refused("outside the city", 400, "lies in no grid", lat="30.0"),
    refused("unknown building", 400, "address_id: there is no building “7”", address_id="7"),
    refused("building no number", 400, "address_id: there is no building", address_id="一号楼"),
    refused(
        "address of nothing",
        400,
        "address_string: no building is certain",
        address_string="九霄云外路3号",
        lat=None,
        long=None,
    ),
    refused("no key", 403, "api_key is missing", key=None),
    refused("key empty ≡ absent", 403, "api_key is missing", key=""),
    refused("bad key", 403, "unknown or revoked", key="o311_nonsense"),
    refused("revoked key", 403, "unknown or revoked", key="{gone}"),
    refused("4,001 characters", 400, "description: too long; at most 4000", description="字" * 4001),
    refused("a character XML has not", 400, "description: it holds a character", description="a\x01b"),
    refused("a field twice", 400, "description: the parameter may stand only once", description=["a", "b"]),
    refused("an extension not asked for", 400, "datum: this is an extension", datum="gcj02"),
    refused("unknown datum", 400, "datum: “mars”", datum="mars", extensions="true"),
)
ANSWERS = (
    asks("an answer", one="a"),
    asks("several answers", one="b", some=["a", "b"]),
    asks(
        "answers of every kind",
        one="a",
        depth="-1.5e2",
        since="2026-03-01T08:00:00+08:00",
        near="桥",
        more="a\nb",
    ),
    asks("optional answers empty ≡ absent", one="a", depth="", near=""),
    asks("a needed answer missing", 400, "attribute[one]: it is missing", depth="1"),
    asks("a needed answer empty ≡ absent", 400, "attribute[one]: it is missing", one=""),
    asks("an answer that cannot be chosen", 400, "attribute[one]: “c” is none of: a, b", one="c"),
    asks("one of several cannot be chosen", 400, "attribute[some]: “c” is none of", one="a", some=["a", "c"]),
    asks(
        "two answers to one question",
        400,
        "attribute[one]: the parameter may stand only once",
        one=["a", "b"],
    ),
    asks("an unknown question", 400, "attribute[two]: this service asks no such question", one="a", two="x"),
    asks(
        "words to read are not answered",
        400,
        "attribute[words]: this service asks no such",
        one="a",
        words="x",
    ),
    asks("a bad number", 400, "attribute[depth]: “deep” should be a number", one="a", depth="deep"),
    asks(
        "a bad date", 400, "attribute[since]: “2026-03-01” should be an instant", one="a", since="2026-03-01"
    ),
    asks("two lines in one", 400, "attribute[near]: one line only", one="a", near="a\nb"),
)
BODIES = (
    bad("JSON instead of a form", "/v2/requests", 400, "application/x-www-form-urlencoded", raw={"json": {}}),
    bad(
        "files",
        "/v2/requests",
        400,
        "files are not taken",
        raw={"data": b"--x--", "content_type": "multipart/form-data; boundary=x"},
    ),
    bad(
        "bytes that are no UTF-8",
        "/v2/requests",
        400,
        "not UTF-8",
        raw={"data": "description=噪".encode("gbk"), "content_type": "application/x-www-form-urlencoded"},
    ),
    bad(
        "escaped bytes that are no UTF-8",
        "/v2/requests",
        400,
        "not UTF-8",
        raw={"data": b"description=%D4%EB", "content_type": "application/x-www-form-urlencoded"},
    ),
    bad(
        "another charset",
        "/v2/requests",
        400,
        "charset=utf-8",
        raw={"data": b"a=b", "content_type": "application/x-www-form-urlencoded; charset=gbk"},
    ),
    bad(
        "too many fields",
        "/v2/requests",
        400,
        "at most 500",
        raw={"data": b"a=b&" * 501, "content_type": "application/x-www-form-urlencoded"},
    ),
    bad(
        "too large",
        "/v2/requests",
        400,
        "Too large",
        raw={"data": b"a" * 2_000_001, "content_type": "application/x-www-form-urlencoded"},
    ),
)
SENDING = (*DISCOVERY, *SERVICES, *REPORTS, *ANSWERS, *BODIES)
