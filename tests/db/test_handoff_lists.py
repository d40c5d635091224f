"""Hand-off lists as people read, print and acknowledge them: B05 of the sample town goes from 01 to 03."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from sqlalchemy import select

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.formats.handoff_lists import as_table
from gridmap.formats.handoff_sheets import write_handoffs
from gridmap.formats.plan_files import as_csv
from gridmap.models import Account, Area, AuditEntry, Building, Handoff, Staff
from gridmap.services import handoff_lists as service
from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.postings import today
from tests.db import lives
from tests.db.lives import DISTRICT, GRID_1, GRID_2
from tests.db.test_handoffs import A01, A03, B04, post, split

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridmap.db import Database


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", lives.load_town)


@pytest.fixture
def plan(town: Database) -> int:
    """B05 (48 households) from H1 to H3, and 04 (B09) in two halves, so that H4 is to be decided."""
    seen = lives.publish(town, lives.create(town).id).id
    post(town, {"H1": A01, "H3": A03, "H4": B04})
    made = split(town, seen, floor=10)
    lives.redraw(town, made, GRID_1, "move", atoms=[lives.atom(town, "B05")], to=A03)
    return lives.publish(town, made).id


def field(town: Database, code: str) -> Actor:
    """The account of a post, whose scope is its office: grid 1."""
    with town.transaction() as session:
        account = create_account(
            session, SYSTEM, code.lower(), role="field", area_codes=[GRID_1], staff_code=code
        )
        row = session.scalars(select(Account).where(Account.username == code.lower())).one()
        assert account is not None
        staff = session.scalar(select(Staff.id).where(Staff.code == code))
        grid = session.scalars(select(Area.id).where(Area.code == GRID_1)).one()
        return Actor(row.id, code.lower(), "field", (grid,), staff)


def test_one_reads_ones_own_list(town: Database, plan: int) -> None:
    head = field(town, "H3")
    with town.transaction() as session:
        (own,) = service.list_my_handoffs(session, head)
    assert (own.staff_code, own.plan_id, own.area_code) == ("H3", plan, DISTRICT)
    assert (own.effective_on, own.acknowledged_at) == (today(), None)
    (part,) = own.parts
    assert (part.name, part.households, part.entrance, part.floor_from) == ("5号楼", 48, None, None)
    assert (part.direction, part.before, part.after, part.others) == ("gained", A01, A03, ("H1",))
    assert (own.count("gained"), own.count("lost")) == ((1, 48, False), (0, 0, False))


def test_lists_of_others_are_for_planners(town: Database, plan: int) -> None:
    head = field(town, "H3")
    with town.transaction() as session:
        grid_2 = session.scalars(select(Area.id).where(Area.code == GRID_2)).one()
        with pytest.raises(NotAllowed):
            service.list_handoffs(session, head, "H1")
        with pytest.raises(NotAllowed):
            service.list_handoffs_of_plan(session, head, plan)
        with pytest.raises(NotAllowed):
            service.count_handoffs_of_plan(session, head, plan)
        with pytest.raises(NotFound):  # the plan is the district's
            service.list_handoffs_of_plan(session, Actor(None, "p", "planner", (grid_2,)), plan)
        with pytest.raises(NotFound):
            service.list_handoffs(session, Actor(None, "p", "planner", (grid_2,)), "H1")
        with pytest.raises(NotFound):
            service.list_handoffs(session, SYSTEM, "nobody")
        with pytest.raises(NotFound):
            service.list_my_handoffs(session, SYSTEM)
        assert [one.plan_id for one in service.list_handoffs(session, SYSTEM, "H1")] == [plan]


def test_it_is_acknowledged_once(town: Database, plan: int) -> None:
    head = field(town, "H3")
    with town.transaction() as session:
        said = service.acknowledge_handoff(session, head, plan).acknowledged_at
    assert said is not None
    with town.transaction() as session:
        assert service.acknowledge_handoff(session, head, plan).acknowledged_at == said
        row = session.scalars(select(Handoff).where(Handoff.acknowledged_at.is_not(None))).one()
        assert (row.plan_id, row.acknowledged_by) == (plan, head.account_id)
        told = session.scalars(select(AuditEntry).where(AuditEntry.subject == "handoff")).all()
        assert [(one.action, one.subject_id) for one in told] == [("acknowledged", f"{plan}/H3")]
        assert service.list_my_handoffs(session, head, is_open=True) == []
        assert len(service.list_my_handoffs(session, head, is_open=False)) == 1
        with pytest.raises(NotFound):
            service.acknowledge_handoff(session, head, plan - 1)
        with pytest.raises(NotFound):
            service.acknowledge_handoff(session, SYSTEM, plan)


def test_planners_see_how_far_it_is(town: Database, plan: int) -> None:
    head = field(town, "H3")
    with town.transaction() as session:
        service.acknowledge_handoff(session, head, plan)
        counts = service.count_handoffs_of_plan(session, SYSTEM, plan)
        assert counts == {"posts": 3, "acknowledged": 1, "open": 2, "undecided": 1, "most_sheets": 150}
        part = service.count_handoffs_of_plan(session, SYSTEM, plan, area_code=GRID_1)
        assert (part["posts"], part["acknowledged"], part["undecided"]) == (2, 1, 0)

        def codes(**asked: Any) -> list[str]:
            return [row.code for row in service.list_handoffs_of_plan(session, SYSTEM, plan, **asked)]

        assert codes() == ["H1", "H3", "H4"]
        assert codes(state="acknowledged") == ["H3"]
        assert codes(state="open") == ["H1", "H4"]
        assert codes(state="undecided") == ["H4"]
        assert codes(area_code=GRID_1) == ["H1", "H3"]
        assert codes(area_code=GRID_2) == ["H4"]
        assert codes(after_code="H1") == ["H3", "H4"]
        rows = {row.code: row for row in service.list_handoffs_of_plan(session, SYSTEM, plan)}
    assert (rows["H1"].buildings_lost, rows["H1"].households_lost) == (1, 48)
    assert (rows["H3"].buildings_gained, rows["H3"].households_gained) == (1, 48)
    assert (rows["H4"].buildings_lost, rows["H4"].households_lost, rows["H4"].undecided) == (1, 72, [B04])
    with town.transaction() as session, pytest.raises(BadInput, match="3 here"):
        service.get_handoffs_of_plan(session, SYSTEM, plan, most=2)
    with town.transaction() as session, pytest.raises(BadInput, match="nothing to print"):
        service.get_handoffs_of_plan(session, SYSTEM, plan - 1, most=2)


def test_the_table_has_a_row_a_part_and_a_posting(town: Database, plan: int) -> None:
    with town.transaction() as session:
        lists = service.get_handoffs_of_plan(session, SYSTEM, plan)
        b09 = session.scalars(select(Building.id).where(Building.source_id == f"{DISTRICT}-B09")).one()
    text = as_csv(as_table(lists).assign(geometry=None))
    table = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    kept = ["post", "what", "building_id", "floor_from", "households", "micro_grid_after", "other_posts"]
    assert [tuple(row) for row in table[kept].tail(4).itertuples(index=False)] == [
        ("H3", "gained", table["building_id"][1], "", "48", A03, "H1"),
        ("H4", "lost", str(b09), "1", "36", f"{GRID_2}05", ""),
        ("H4", "lost", str(b09), "10", "36", f"{GRID_2}06", ""),
        ("H4", "posting_undecided", "", "", "36", "", ""),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_post_has_a_page_of_its_own(town: Database, plan: int, tmp_path: Path, language: str) -> None:
    with town.transaction() as session:
        lists = service.get_handoffs_of_plan(session, SYSTEM, plan)
    path = tmp_path / "handoffs.pdf"
    written = write_handoffs(lists, path, printed_on=today(), language=language)
    assert (written.sheets, written.pages) == (3, 3)
    content = path.read_bytes()
    assert len(re.findall(rb"/Type /Page\b", content)) == 3
    write_handoffs(lists, path, printed_on=today(), language=language)
    assert path.read_bytes() == content


def test_a_long_list_goes_on_to_the_next_page(town: Database, plan: int, tmp_path: Path) -> None:
    """A page has room for 15 to 35 rows."""
    with town.transaction() as session:
        (one,) = service.list_handoffs(session, SYSTEM, "H3")

    def pages(parts: int) -> int:
        long = replace(one, parts=one.parts * parts)
        return write_handoffs([long], tmp_path / "long.pdf", printed_on=today()).pages

    assert pages(1) == 1
    assert pages(40) in (2, 3)
    assert pages(120) in range(4, 9)
