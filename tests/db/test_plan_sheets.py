"""Sheets of the sample town, from the tables to the file.

Grid 1 has six slabs of 48 households (C1), grid 2 three towers of 72 and one building of 44 (C2). Posted are
an officer for grid 1, a worker for the community, a head for building 1 and one for its entrance 2; a
property steward has compound C2.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from gridmap.cli import gridmap
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.formats.plan_sheets import Booklet, Card
from gridmap.models import Area, Posting
from gridmap.services import plan_runs, plan_sheets, plans
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.micro_grids import list_micro_grids
from gridmap.services.postings import today
from tests.db.lives import load_town

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database
    from gridmap.models import Plan

DISTRICT, COMMUNITY = "370698", "370698001001"
GRID_1, GRID_2 = f"{COMMUNITY}001", f"{COMMUNITY}002"
HOST = "https://grid.example.org/"


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", load_town)


@pytest.fixture
def plan(town: Database) -> Plan:
    return plan_runs.create_plan(town, SYSTEM, DISTRICT)


def booklet(town: Database, plan: Plan, area: str = COMMUNITY, actor: Actor = SYSTEM) -> Booklet:
    with town.transaction() as session:
        return plan_sheets.get_booklet(session, actor, plan.id, area, address=HOST)


def posts_of(card: Card) -> list[tuple[str, str]]:
    return [(one.code.partition("-")[2], one.place_kind) for one in card.people]


def test_the_cards_hold_what_the_plan_holds(town: Database, plan: Plan) -> None:
    made = booklet(town, plan)
    with town.transaction() as session:
        listed = {row.code: row.households for row in list_micro_grids(session, SYSTEM, plan_id=plan.id)}
    assert {card.code: sum(one.households for one in card.holdings) for card in made.cards} == listed
    assert [card.code for card in made.cards] == sorted(listed)
    held = [one for card in made.cards for one in card.holdings]
    assert sum(one.households for one in held) == 548
    # Shop and school are on a sheet, too; nobody lives there.
    assert {one.name for one in held if not one.households} == {"沿街商铺", "样板小学"}
    assert [one for one in held if one.entrance and one.floor_from]
    assert made.lineage == ("样板区", "样板街道", "样板社区")
    assert made.has_cover
    assert {card.address for card in made.cards} == {
        f"https://grid.example.org/?micro_grid={code}&plan={plan.id}" for code in listed
    }


def test_who_answers_comes_nearest_first_and_each_post_once(town: Database, plan: Plan) -> None:
    made = booklet(town, plan)
    by_building = {
        one.name: posts_of(card) for card in made.cards for one in card.holdings if card.grid == GRID_1
    }
    with_1 = [
        card for card in made.cards if card.grid == GRID_1 and "1号楼" in {h.name for h in card.holdings}
    ]
    heads = {post for card in with_1 for post in posts_of(card)}
    assert {("BH-0001", "building"), ("EH-0001", "entrance")} <= heads
    others = by_building["5号楼"]
    assert others[:2] == [("GO-0001", "area"), ("CW-0001", "area")]
    assert not {"BH-0001", "EH-0001"} & {code for code, _ in others}
    for card in made.cards:
        codes = [code for code, _ in posts_of(card)]
        assert len(codes) == len(set(codes))
        if card.grid == GRID_2:
            assert posts_of(card)[0] == ("PS-0001", "compound")
    phones = {one.code: one.duty_phone for card in made.cards for one in card.people}
    assert phones["370698-GO-0001"] == "0535-000 0011"


def test_a_head_of_a_broken_building_answers_only_where_the_building_is(town: Database) -> None:
    """Bands of 20-30 households break the slabs: the head of entrance 2 stands on its micro-grid alone."""
    rules = {"households_min": 20, "households_target": 25, "households_max": 30}
    made = booklet(town, plan_runs.create_plan(town, SYSTEM, DISTRICT, rules=rules))
    for card in made.cards:
        own = [one for one in card.holdings if one.name == "1号楼" and card.grid == GRID_1 and one.households]
        codes = {code for code, _ in posts_of(card)}
        assert ("BH-0001" in codes) == bool(own)
        assert ("EH-0001" in codes) == any(one.entrance in (None, 2) for one in own)


def test_who_is_no_longer_posted_is_not_named(town: Database, plan: Plan) -> None:
    with town.transaction() as session:
        session.execute(
            update(Posting).values(starts_on=today() - timedelta(9), ends_on=today() - timedelta(1))
        )
    assert not [one for card in booklet(town, plan).cards for one in card.people]


def test_one_sheet_alone(town: Database, plan: Plan) -> None:
    code = f"{GRID_1}01"
    with town.transaction() as session:
        sheet = plan_sheets.get_sheet(session, SYSTEM, plan.id, code, address=HOST)
        published = plans.publish_plan(session, SYSTEM, plan.id)
        again = plan_sheets.get_sheet(session, SYSTEM, published.id, code, address=HOST)
    assert [card.code for card in sheet.cards] == [code]
    assert not sheet.has_cover
    assert set(sheet.around.areas["code"]) == {COMMUNITY, GRID_1, GRID_2}  # what lies around it is there
    assert again.cards[0].address == f"https://grid.example.org/?micro_grid={code}"


def test_only_inside_the_plan_and_the_scope(town: Database, plan: Plan) -> None:
    with town.transaction() as session:
        grid_1 = session.scalars(select(Area.id).where(Area.code == GRID_1)).one()
        officer = Actor(1, "field", "field", (grid_1,))
        own = plan_runs.request_plan(session, SYSTEM, GRID_1)
        with pytest.raises(Conflict):
            plan_sheets.get_sheet(session, officer, own.id, f"{GRID_1}01", address=HOST)
    part = plan_runs.create_plan(town, SYSTEM, GRID_1)
    with town.transaction() as session:
        sheet = plan_sheets.get_sheet(session, officer, part.id, f"{GRID_1}01", address=HOST)
        assert set(sheet.around.areas["code"]) == {GRID_1}
        for asked, code in ((plan.id, f"{GRID_1}01"), (part.id, f"{GRID_2}01"), (999, f"{GRID_1}01")):
            with pytest.raises(NotFound):
                plan_sheets.get_sheet(session, officer, asked, code, address=HOST)
    with pytest.raises(NotFound):
        booklet(town, part, COMMUNITY, officer)
    with pytest.raises(BadInput) as outside:
        booklet(town, part, GRID_2)
    assert outside.value.fields[0].reason == "area_outside_plan"
    assert len(booklet(town, part, GRID_1, officer).cards) == 4


def test_a_booklet_is_one_community_and_not_too_long(
    town: Database, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match="Choose one community"):
        booklet(town, plan, DISTRICT)
    monkeypatch.setattr(plan_sheets, "MOST_SHEETS", 7)
    with pytest.raises(BadInput, match="370698001001 has 8"):
        booklet(town, plan)


def test_the_command_writes_booklet_and_sheet(
    town: Database, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", town.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDMAP_LANGUAGE", "en")

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(gridmap, ["plan", "sheets", str(plan.id), *arguments])
        if isinstance(result.exception, BadInput):
            raise result.exception
        return result.exit_code, result.output

    path = tmp_path / "town.pdf"
    code, said = run(str(path), "--area", COMMUNITY, "--address", "https://grid.example.org")
    assert (code, "8 micro-grids on 9 pages" in said, "--address" in said) == (0, True, False)
    assert len(re.findall(rb"/Type /Page\b", path.read_bytes())) == 9
    code, said = run(str(tmp_path / "one.pdf"), "--code", f"{GRID_1}01", "--language", "zh")
    assert (code, "1 micro-grids on 1 pages" in said, "http://127.0.0.1:8000" in said) == (0, True, True)
    for wrong in (
        (str(tmp_path / "town.doc"), "--area", COMMUNITY),
        (str(path), "--area", COMMUNITY, "--address", "grid.example.org"),
    ):
        with pytest.raises(BadInput):
            run(*wrong)
    assert run(str(path), "--area", COMMUNITY, "--code", f"{GRID_1}01")[0] == 2
