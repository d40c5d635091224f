"""Locked buildings as the editor reads them: in divisions, previews, answers, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gridmap.app import create_app
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from tests.db.test_redraws import GRID_1, Drafted, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database
    from gridmap.settings import Settings


def test_the_editor_is_told_what_is_locked_and_what_stays(
    copy_with: Callable[..., Database], settings: Settings
) -> None:
    town = Drafted(copy_with("drafted", Drafted.fill))
    client = create_app(settings, town.database).test_client()
    with town.database.transaction() as session:
        headers = {"Authorization": f"Bearer {issue_token(session, SYSTEM, 'li', 'test')[0]}"}
    plan = f"/api/v1/plans/{town.plan.id}"

    def post(path: str, **body: Any) -> Any:
        answer = client.post(f"{plan}/{path}", json=body, headers=headers)
        return answer.get_json() | {"status_code": answer.status_code}

    def redraw(kind: str, **arguments: Any) -> Any:
        return post("operations", op_id=str(uuid4()), grid=GRID_1, kind=kind, arguments=arguments)

    division = town.division()
    atom = next(key for key in division.keys if "/" not in key)
    home = division.code_of(division.labels[division.row_of_key[atom]])
    other = next(code for code in codes_of(division) if code != home)
    building = int(atom[1:])
    assert redraw("lock_buildings", buildings=[building])["grid"]["locked_buildings"] == [building]
    (grid,) = client.get(f"{plan}/divisions?area={GRID_1}", headers=headers).get_json()["grids"]
    assert [b["id"] for b in grid["buildings"] if b["locked"]] == [building]
    beside = next(key for key in division.keys if key != atom and not key.startswith(f"{atom}/"))
    asked = {"atoms": [atom, beside], "to": other}
    preview = post("operations/preview", grid=GRID_1, kind="move", arguments=asked)
    assert preview["refused"] == [atom]
    answer = redraw("new", atoms=[atom, beside])
    (refused,) = answer["refused"]
    assert (refused["atom"], refused["now"], refused["by"], refused["locked"]) == (atom, home, "li", True)
    assert [move[0] for move in answer["operation"]["moves"]] == [beside]
    alone = redraw("move", atoms=[atom], to=other)
    assert (alone["status_code"], str(building) in alone["detail"]) == (409, True)
    assert post("undo", op_id=str(uuid4()))["grid"]["locked_buildings"] == [building]
    assert post("undo", op_id=str(uuid4()))["grid"]["locked_buildings"] == []
