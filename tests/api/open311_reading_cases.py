"""The cases of Open311 that read: tokens, lists of requests, one of them, what became of them."""

from __future__ import annotations

from tests.api.open311_cases import bad, get, numbers
from tests.api.open311_world import TOKEN, WORDS

SPRING = "start_date=2026-03-01T00:00:00Z&end_date=2026-05-30T00:00:00Z"

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
READING = (*TOKENS, *LISTS, *ONE, *UPDATES)
