"""Orders over the API and from the phone: roles, no names; written, claimed and done also without signal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.api.conftest import Caller

API = "/api/v1"
BUILDING = 100_000_041


def test_an_order_goes_from_desk_to_helper_and_back(
    callers: dict[str, Caller], connection: Connection
) -> None:
    connection.execute(text("UPDATE staff SET role = 'volunteer' WHERE id = 3"))
    desk, field = callers["dispatcher"], callers["field"]
    body = {"client_id": str(uuid4()), "kind": "errand", "title": "代取快递", "building_id": BUILDING}
    made = desk.post(f"{API}/orders", body)
    assert made.status_code == 201
    number = made.get_json()["id"]
    assert desk.post(f"{API}/orders", body).get_json()["id"] == number
    (mine,) = field.get(f"{API}/staff/me/orders").get_json()["items"]
    assert (mine["id"], mine["steps"], mine["state"]) == (number, ["claim"], "open")
    step = f"{API}/orders/{number}/steps"
    claimed = field.post(step, {"action": "claim"}).get_json()
    assert (claimed["state"], claimed["is_mine"], claimed["steps"]) == (
        "claimed",
        True,
        ["give_back", "finish"],
    )
    assert field.post(step, {"action": "confirm"}).status_code == 409
    assert field.post(step, {"action": "finish"}).get_json()["state"] == "done"
    assert desk.post(step, {"action": "confirm"}).get_json()["state"] == "confirmed"
    stored = field.get(f"{API}/session/stored.json").get_json()["order_steps"]
    assert [one["action"] for one in stored] == ["claim", "finish"]
    assert desk.get(f"{API}/orders?is_open=1").get_json()["items"] == []
    (closed,) = desk.get(f"{API}/orders?is_open=0&kind=errand").get_json()["items"]
    assert (closed["claimed_role_en"], closed["is_mine"]) == ("Volunteer", False)
    assert "P000003" not in str(closed)


def test_a_phone_writes_and_takes_orders(callers: dict[str, Caller], connection: Connection) -> None:
    connection.execute(text("UPDATE staff SET role = 'volunteer' WHERE id = 3"))
    field = callers["field"]

    def send(*items: dict[str, Any]) -> list[Any]:
        made = {"what": "order", "made_at": datetime.now(UTC).isoformat()}
        whole = [{"id": str(uuid4())} | made | item for item in items]
        body = {"client_version": 1, "items": whole}
        return field.post(f"{API}/field/entries", body).get_json()["items"]

    fields = {"kind": "lending", "title": "借梯子", "building_id": BUILDING, "wanted_by": "2199-01-01"}
    (written,) = send({"fields": fields})
    number = int(written["result"]["order"])
    (needed,) = field.get(f"{API}/field/needs").get_json()["orders"]
    assert (needed["id"], needed["wanted_by"], needed["is_ordered_by_me"]) == (number, "2199-01-01", True)
    states = send(
        {"order_id": number, "action": "claim"},
        {"order_id": number, "action": "claim"},
        {"order_id": number, "action": "finish"},
        {"order_id": number},
        {"fields": fields, "order_id": number, "action": "claim"},
        {"fields": fields | {"kind": "secret"}},
        {"order_id": 999, "action": "claim"},
    )
    slugs = [one["problem"]["slug"] if one["problem"] else one["state"] for one in states]
    assert slugs == ["stored", "stored", "stored", "bad_input", "bad_input", "bad_input", "not_found"]
    (needed,) = field.get(f"{API}/field/needs").get_json()["orders"]
    assert needed["state"] == "done"
