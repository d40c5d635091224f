"""Open311 GeoReport v2 as a table: each case is asked in XML and in JSON, and both say the same.

The city and the reports are drawn in tests/api/open311_world.py.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.orm import Session

from gridmap.app import create_app
from gridmap.errors import BadInput
from gridmap.services import open311_register
from gridmap.services.actors import SYSTEM
from gridmap.settings import Settings
from tests.api.open311_world import TOKEN, WORDS, World, build_world, read
from tests.conftest import _UndoneDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gridmap.db import Database

SPRING = "start_date=2026-03-01T00:00:00Z&end_date=2026-05-30T00:00:00Z"
POINT = {"lat": "37.7512345", "long": "120.7061234"}


@pytest.fixture(scope="module")
def world(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One city for all cases; each case is undone."""
    home: Path = tmp_path_factory.mktemp("home")
    settings = Settings.from_environ({"GRIDMAP_HOME": str(home), "GRIDMAP_SECRET_KEY": "only-for-tests"})
    with shared_database.engine.connect() as connection:
        outer = connection.begin()
        undone = _UndoneDatabase(connection)
        app = create_app(settings, undone)
        app.testing = True
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            built = build_world(app, connection, session)
            session.commit()
        yield built
        undone.close()
        outer.rollback()


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
TOKENS = (
    get(
        "token",
        f"/v2/tokens/{TOKEN}",
        lambda rows: rows[0]["token"] == TOKEN and rows[0]["service_request_id"],
    ),
    get("token, empty ≡ absent", f"/v2/tokens/{TOKEN}?jurisdiction_id=", lambda rows: len(rows) == 1),
    bad("unknown token", f"/v2/tokens/{TOKEN[:-1]}e", 404, "no token"),
    bad("no token at all", "/v2/tokens/nonsense", 404, "no token “nonsense”"),
    bad("token, bad key", f"/v2/tokens/{TOKEN}", 403, "unknown or revoked", key="nonsense"),
)
LISTS = (
    get(
        "a span",
        f"/v2/requests?{SPRING}&service_code=leak,lighting,rubbish,greening,dispute",
        numbers("B1", "L3", "R2", "R1", "L2", "L1"),
    ),
    get("several services", f"/v2/requests?{SPRING}&service_code=leak,lighting", numbers("L3", "L2", "L1")),
    get(
        "open",
        f"/v2/requests?{SPRING}&service_code=leak,lighting,rubbish&status=open",
        numbers("R2", "R1", "L1"),
    ),
    get(
        "closed",
        f"/v2/requests?{SPRING}&service_code=leak,lighting,rubbish&status=closed",
        numbers("L3", "L2"),
    ),
    get(
        "open and closed",
        f"/v2/requests?{SPRING}&service_code=leak,lighting&status=open,closed",
        numbers("L3", "L2", "L1"),
    ),
    get(
        "empty ≡ absent",
        f"/v2/requests?{SPRING}&service_code=leak&status=&service_request_id=&jurisdiction_id=",
        numbers("L1"),
    ),
    get(
        "from a day on it is 90 days",
        "/v2/requests?start_date=2026-03-02T00:00:00Z&service_code=lighting,leak",
        numbers("L3", "L2"),
    ),
    get(
        "up to a day it is 90 days",
        "/v2/requests?end_date=2026-05-30T00:00:00Z&service_code=leak",
        numbers("L1"),
    ),
    get("a day later it is out", "/v2/requests?end_date=2026-05-30T00:00:01Z&service_code=leak", numbers()),
    get(
        "zones",
        "/v2/requests?start_date=2026-03-01T08:00:00%2B08:00&end_date=2026-03-01T08:00:00%2B08:00"
        "&service_code=leak",
        numbers("L1"),
    ),
    get(
        "a plus sign not escaped",
        "/v2/requests?start_date=2026-03-01T08:00:00+08:00&service_code=leak",
        numbers("L1"),
    ),
    get("1,000 of 1,005", f"/v2/requests?{SPRING}&service_code=heating", lambda rows: len(rows) == 1000),
    get(
        "the rest",
        f"/v2/requests?{SPRING}&service_code=heating&extensions=true&page=2",
        lambda rows: len(rows) == 5 and rows[-1]["requested_datetime"] == "2026-05-01T08:01:00+08:00",
    ),
    get(
        "a part",
        f"/v2/requests?{SPRING}&service_code=heating&extensions=true&page_size=10&page=3",
        lambda rows: len(rows) == 10 and rows[0]["requested_datetime"] == "2026-05-02T00:25:00+08:00",
    ),
    get("ids", "/v2/requests?service_request_id={L1},{R1}", numbers("R1", "L1")),
    get(
        "ids override everything else",
        "/v2/requests?service_request_id={L1}&status=shut&start_date=nonsense&service_code=nothing",
        numbers("L1"),
    ),
    get("ids, one unknown", "/v2/requests?service_request_id={L1},99999999", numbers("L1")),
    get(
        "changed in an hour",
        "/v2/requests?extensions=true&updated_after=2026-03-04T00:30:00Z"
        "&updated_before=2026-03-04T01:30:00Z&service_code=leak,rubbish",
        numbers("R1"),
    ),
    get(
        "answers, with the extensions",
        "/v2/requests?extensions=true&service_request_id={B1}",
        lambda rows: (
            rows[0]["extended_attributes"] == [{"code": "kind", "values": ["branch"]}]
            and rows[0]["extended_status"] == "reported"
        ),
    ),
    get("last 90 days by default", "/v2/requests", lambda rows: isinstance(rows, list)),
    bad("unknown ids", "/v2/requests?service_request_id=99999999,nonsense", 404, "99999999, nonsense"),
    bad(
        "too many ids",
        "/v2/requests?service_request_id=" + ",".join(map(str, range(1001))),
        400,
        "at most 1000",
    ),
    bad("list, unknown service", "/v2/requests?service_code=leak,nothing", 404, "“nothing”"),
    bad("unknown status", "/v2/requests?status=shut", 400, "status: “shut” is none of: open, closed"),
    bad("bad date", "/v2/requests?start_date=yesterday", 400, "start_date: “yesterday”"),
    bad(
        "date without zone",
        "/v2/requests?end_date=2026-03-01T00:00:00",
        400,
        "end_date: “2026-03-01T00:00:00”",
    ),
    bad("date without time", "/v2/requests?end_date=2026-03-01", 400, "end_date: “2026-03-01”"),
    bad(
        "more than 90 days",
        "/v2/requests?start_date=2026-03-01T00:00:00Z&end_date=2026-05-30T00:00:01Z",
        400,
        "end_date: the span is at most 90 days",
    ),
    bad(
        "the wrong way round",
        "/v2/requests?start_date=2026-03-02T00:00:00Z&end_date=2026-03-01T00:00:00Z",
        400,
        "end_date: the start must lie before",
    ),
    bad("two faults at once", "/v2/requests?start_date=x&status=y", 400, "start_date"),
    bad("page without the extensions", "/v2/requests?page=2", 400, "page: this is an extension"),
    bad("page 0", "/v2/requests?extensions=true&page=0", 400, "page: “0” is out of range"),
    bad("1,001 at once", "/v2/requests?extensions=true&page_size=1001", 400, "page_size: “1001”"),
    bad("neither yes nor no", "/v2/requests?extensions=maybe", 400, "extensions: “maybe”"),
    bad("list, bad key", "/v2/requests", 403, "unknown or revoked", key="nonsense"),
)
ONE = (
    get(
        "one, place and words not public",
        "/v2/requests/{L1}",
        lambda rows: (
            rows[0]["description"] is None
            and rows[0]["address_id"] is None
            and rows[0]["address"] == "网格0-0, 社区0-0, 第0街道, 示范区"
            and (rows[0]["lat"], rows[0]["long"]) == ("37.752", "120.7025")
            and (rows[0]["status"], rows[0]["status_notes"]) == ("open", "reported")
            and rows[0]["expected_datetime"] == "2026-03-03T08:00:00+08:00"
        ),
    ),
    get(
        "one, for a key that reads details",
        "/v2/requests/{L1}",
        lambda rows: (
            rows[0]["description"] == WORDS
            and rows[0]["address_id"] == "100000011"
            and rows[0]["address"].startswith("海滨路12号, ")
            and rows[0]["lat"] == "37.75043"
        ),
        key="insider",
    ),
    get(
        "one, for a key that does not",
        "/v2/requests/{L1}",
        lambda rows: rows[0]["description"] is None,
        key="good",
    ),
    get(
        "one closed",
        "/v2/requests/{L2}",
        lambda rows: (
            (rows[0]["status"], rows[0]["status_notes"]) == ("closed", "settled: fixed")
            and rows[0]["updated_datetime"] == "2026-03-03T16:00:00+08:00"
            and rows[0]["address_id"] == "100000012"
            and rows[0]["description"] is None
        ),
    ),
    get(
        "one dispatched",
        "/v2/requests/{R1}",
        lambda rows: (
            rows[0]["agency_responsible"] == "城管局"
            and rows[0]["status_notes"] == "dispatched"
            and rows[0]["updated_datetime"] == "2026-03-04T09:00:00+08:00"
            and (rows[0]["lat"], rows[0]["long"]) == ("37.7512345", "120.7061234")
        ),
    ),
    get(
        "one merged",
        "/v2/requests/{R2}",
        lambda rows: rows[0]["status"] == "open" and rows[0]["status_notes"].endswith("which is dispatched"),
    ),
    get("one void", "/v2/requests/{L3}", lambda rows: rows[0]["status_notes"] == "void: withdrawn"),
    get("one whose words are public", "/v2/requests/{B1}", lambda rows: rows[0]["description"] == "树枝"),
    get(
        "a character XML has not is replaced",
        "/v2/requests/{R1}",
        lambda rows: rows[0]["description"] == "成堆�",
        key="insider",
    ),
    get("one, empty ≡ absent", "/v2/requests/{L1}?jurisdiction_id=&extensions=", lambda rows: len(rows) == 1),
    bad("one unknown", "/v2/requests/99999999", 404, "no service_request_id “99999999”"),
    bad("one no number", "/v2/requests/nonsense", 404, "nonsense"),
    bad("one too large", "/v2/requests/99999999999999999999999", 404, "no service_request_id"),
    bad("one of a blackbox", "/v2/requests/{D1}", 404, "not public"),
    bad("one of a blackbox, with a key", "/v2/requests/{D1}", 404, "not public", key="insider"),
    bad("one flagged", "/v2/requests/{R3}", 404, "not public"),
    bad("one, bad key", "/v2/requests/{L1}", 403, "unknown or revoked", key="nonsense"),
)
UPDATES = (
    get(
        "updates",
        "/v2/servicerequestupdates?extensions=true&service_request_id={R1}",
        lambda rows: len(rows) == 1 and rows[0]["extended_status"] == rows[0]["description"] == "dispatched",
    ),
    get(
        "updates of a span, with notes",
        "/v2/servicerequestupdates?extensions=true&" + SPRING,
        lambda rows: [row["description"] for row in rows] == ["dispatched 第三中队"],
        key="insider",
    ),
    bad("updates not asked for", "/v2/servicerequestupdates", 400, "extensions: this is an extension"),
    bad(
        "updates, bad date", "/v2/servicerequestupdates?extensions=true&start_date=x", 400, "start_date: “x”"
    ),
)
TABLE = (*DISCOVERY, *SERVICES, *REPORTS, *ANSWERS, *BODIES, *TOKENS, *LISTS, *ONE, *UPDATES)


def ask(world: World, case: Case, kind: str) -> Any:
    """Ask a case in one format."""
    path, mark, query = case.path.partition("?")
    more: dict[str, Any] = dict(case.raw)
    if case.form is not None:
        more["data"] = {name: _filled(world, value) for name, value in case.form.items()}
    method = "POST" if case.form is not None or case.raw else "GET"
    return world.ask(method, f"{path}.{kind}{mark}{query}", key=case.key, **more)


def _filled(world: World, value: Any) -> Any:
    return world.fill(value) if value in ("{good}", "{gone}", "{slow}") else value


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_case(world: World, case: Case) -> None:
    said = {}
    before = world.count("issues"), world.count("open311_requests")
    for kind in ("xml", "json"):
        answer = ask(world, case, kind)
        body = said[kind] = read(answer, kind)
        assert answer.status_code == case.status, str(body)[:500]
        if case.form is not None or case.raw:
            more = case.status == 200
            assert world.written == (before[0] + more, before[1] + more)
        if case.status != 200:
            assert {error["code"] for error in body} <= {str(case.status), "413"}
            assert case.says in " ".join(error["description"] for error in body)
        elif isinstance(case.holds, tuple):
            assert [int(row["service_request_id"]) for row in body] == [
                world.ids[name] for name in case.holds
            ]
        else:
            assert case.holds(body), body[:2] if isinstance(body, list) else body
    if case.form is None:
        differ = [pair for pair in zip(*map(_rows, said.values()), strict=True) if pair[0] != pair[1]]
        assert differ[:1] == []


def _rows(body: Any) -> list[Any]:
    return body if isinstance(body, list) else [body]


def test_table_is_as_long_as_the_design_asks() -> None:
    assert len({case.name for case in TABLE}) == len(TABLE)
    assert 2 * len(TABLE) >= 120


REPORT = {
    "service_code": "rubbish",
    "description": WORDS + "\n第二行",
    "datum": "gcj02",
    "extensions": "true",
}


def test_a_report_is_an_issue_like_any_other(world: World) -> None:
    """The same degrees lie 500 m farther west and south when they are those of a Chinese base map."""
    form = REPORT | POINT | {"api_key": world.keys["good"], "address_string": "面包店门口"}
    with world.connection.begin_nested() as undone:
        client = world.app.test_client()
        sent = client.post("/open311/v2/requests.json", data=form).get_json()
        insider = {"Authorization": f"Bearer {world.keys['insider']}"}
        path = f"/open311/v2/requests/{sent[0]['service_request_id']}.xml"
        (seen,) = read(client.get(path, headers=insider), "xml")
        rows = (
            "SELECT i.channel, i.state, e.action, e.account_id, a.details ->> 'by' AS by,"
            " count(c.id) AS clocks, ST_Distance(i.geom::geography,"
            " ST_SetSRID(ST_MakePoint(120.7061234, 37.7512345), 4326)) AS away_m"
            " FROM issues i JOIN issue_events e ON e.issue_id = i.id JOIN issue_clocks c ON c.issue_id = i.id"
            " JOIN audit_entries a ON a.subject = 'issue' AND a.subject_id = i.id::text"
            " GROUP BY i.id, e.id, a.id ORDER BY i.id DESC LIMIT 1"
        )
        row = world.connection.exec_driver_sql(rows).one()
        undone.rollback()
    assert seen["description"] == REPORT["description"]
    assert seen["address"] == "面包店门口, 小区G0-0, 网格0-0, 社区0-0, 第0街道, 示范区"
    assert (row.channel, row.state, row.action, row.account_id) == ("open311", "reported", "report", None)
    assert row.by == "open311:app good"
    assert row.clocks > 0
    assert 300 < row.away_m < 800


def test_a_key_sends_as_much_as_it_may(world: World) -> None:
    form = {"service_code": "rubbish", "api_key": world.keys["slow"], **POINT}
    with world.connection.begin_nested() as undone:
        answers = [world.app.test_client().post("/open311/v2/requests.json", data=form) for _ in range(2)]
        undone.rollback()
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].get_json()[0]["code"] == "429"
    assert 1 < int(answers[1].headers["Retry-After"]) <= 3601


def test_a_part_says_where_the_next_one_is(world: World) -> None:
    answer = world.ask("GET", f"/v2/requests.json?{SPRING}&service_code=heating")
    (link,) = re.findall(r'<http://localhost/open311(.+)>; rel="next"', answer.headers["Link"])
    rest = world.ask("GET", link)
    assert (len(answer.get_json()), len(rest.get_json())) == (1000, 5)
    assert "Link" not in rest.headers


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("{", "register is wrong here"),
        ('[{"code": "a b"}]', "0.code"),
        (None, "“noise” stands twice"),
    ],
)
def test_a_register_with_a_fault_changes_nothing(world: World, file: str | None, says: str) -> None:
    with Session(world.connection, join_transaction_mode="create_savepoint") as session:
        kept = open311_register.build_file(session, SYSTEM)
        wrong = file or json.dumps(json.loads(kept) + json.loads(kept)[:1])
        with pytest.raises(BadInput) as refused:
            open311_register.load_services(session, SYSTEM, "services.json", wrong)
        assert says in " ".join(field.text("en") for field in refused.value.fields)
        assert open311_register.load_services(session, SYSTEM, "services.json", kept) == 12
        assert open311_register.build_file(session, SYSTEM) == kept
