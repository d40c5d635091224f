"""Pages of field staff: what is mine, on a map and as a list; a building with what matters at its door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, make_response, redirect, request, url_for

from gridmap.services.building_codes import count_valid_codes
from gridmap.services.issue_register import list_transitions
from gridmap.services.orders import KINDS as ORDER_KINDS
from gridmap.services.orders import LONGEST_TEXT, LONGEST_TITLE
from gridmap.services.places import get_building
from gridmap.services.retention import REGISTER as RETENTION
from gridmap.web.field_app import STYLES, shell_version
from gridmap.web.pages import show_page
from gridmap.web.security import HEADERS
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

field = Blueprint("field", __name__)

HUES = 6


@dataclass(frozen=True)
class Block:
    """Floors of one entrance that belong to one micro-grid, as they stand in the drawing of a building.

    Attributes
    ----------
    code
        Of the micro-grid; empty where no plan is published.
    hue
        Number of its colour in this building, -1 without a micro-grid.
    floor_from, floor_to
        Lowest and highest floor, both included.
    """

    code: str
    hue: int
    floor_from: int
    floor_to: int

    @property
    def height(self) -> int:
        """Number of floors."""
        return self.floor_to - self.floor_from + 1


@field.get("/field")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the field page; what is on it the phone keeps, and fetches anew when there is signal."""
    kept_days = {rule.table: rule.days for rule in RETENTION}
    texts = ("field.", "handoffs.", "handling.", "notices.", "orders.", "sign_in.", "desk.warn")
    shown = show_page(
        session,
        actor,
        "field.html",
        action="duty.read",
        texts=texts,
        kept_days=kept_days,
        shell_styles=STYLES,
        page={
            "account": actor.username,
            "role": actor.role,
            "orders": {
                "kinds": ORDER_KINDS,
                "longest_title": LONGEST_TITLE,
                "longest_text": LONGEST_TEXT,
            },
            "sign_in_days": kept_days["station_sign_ins"],
            "steps": _list_steps(actor) if actor.may("issues.read") else [],
        },
    )
    response = make_response(shown)
    response.headers["X-Shell-Version"] = shell_version()
    # The camera reads the codes on doors, here and nowhere else.
    response.headers["Permissions-Policy"] = HEADERS["Permissions-Policy"].replace(
        "camera=()", "camera=(self)"
    )
    return response


def _list_steps(actor: Actor) -> list[dict[str, Any]]:
    """List the steps of field staff, so that a phone without network knows what may follow a step."""
    return [
        {
            "from_state": step.from_state,
            "action": step.action,
            "name": step.name,
            "to_state": step.to_state,
            "gives": step.gives,
            "outcomes": step.outcomes,
        }
        for step in list_transitions(actor, language=language_of_request())
        if "field" in step.roles
    ]


@field.get("/buildings/<id:building_id>")
@in_transaction
def show_building(session: Session, actor: Actor, building_id: int) -> ResponseReturnValue:
    """Show a building: entrances and floors, households, micro-grids, who answers for it, open issues."""
    if actor.role == "visitor":
        return redirect(url_for("pages.show_sign_in", next=request.path))
    details = get_building(session, actor, building_id)
    building = details.building
    columns = build_stack(building.storeys, building.entrance_count, details.micro_grids)
    nearest: dict[str, Any] = {}
    for person in details.people:
        nearest.setdefault(person.code, person)
    return show_page(
        session,
        actor,
        "building.html",
        action="places.read",
        texts=("field.", "responsibility.", "coverage.level_"),
        details=details,
        building=building,
        columns=columns,
        parts=sum_households(details.micro_grids),
        people=list(nearest.values()),
        rows=_rows_of(columns, building.storeys),
        valid_codes=count_valid_codes(session, actor, building.id) if actor.may("codes.issue") else None,
        page={
            "building": {"id": building.id, "geometry": building.geometry},
            "may_open_posts": actor.may("coverage.read"),
        },
    )


def build_stack(storeys: int, entrance_count: int, parts: Iterable[Any]) -> list[list[Block]]:
    """Draw a building as columns of blocks: one column an entrance, from the top floor down.

    Parameters
    ----------
    storeys, entrance_count
        Of the building.
    parts
        Rows with ``code``, ``entrance_number``, ``floor_from``, ``floor_to``; None stands for all of them.

    Returns
    -------
    list of list of Block
        Every floor of every entrance stands in exactly one block.
    """
    given = list(parts)
    hues = {code: number % HUES for number, code in enumerate(sorted({part.code for part in given}))}
    columns = []
    for entrance in range(1, entrance_count + 1):
        codes = [_code_at(given, entrance, floor) for floor in range(1, storeys + 1)]
        columns.append(_blocks_of(codes, hues))
    return columns


def sum_households(parts: Iterable[Any]) -> dict[str, int]:
    """Add up the households of a building by the micro-grid that holds them, in the order of the codes."""
    sums: dict[str, int] = {}
    for part in sorted(parts, key=lambda part: str(part.code)):
        sums[part.code] = sums.get(part.code, 0) + part.atom_households
    return sums


def _code_at(parts: list[Any], entrance: int, floor: int) -> str:
    for part in parts:
        is_entrance = part.entrance_number in (None, entrance)
        is_floor = (part.floor_from or 1) <= floor and (part.floor_to is None or floor <= part.floor_to)
        if is_entrance and is_floor:
            return str(part.code)
    return ""


def _blocks_of(codes: list[str], hues: dict[str, int]) -> list[Block]:
    blocks = []
    start = 0
    for at in range(1, len(codes) + 1):
        if at == len(codes) or codes[at] != codes[start]:
            blocks.append(Block(codes[start], hues.get(codes[start], -1), start + 1, at))
            start = at
    return blocks[::-1]


def _rows_of(columns: list[list[Block]], storeys: int) -> list[tuple[int, list[Block]]]:
    """Turn columns into rows of a table, top floor first; a block stands in the row of its highest floor."""
    return [
        (floor, [block for column in columns for block in column if block.floor_to == floor])
        for floor in range(storeys, 0, -1)
    ]
