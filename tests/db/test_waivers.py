"""What stands against publishing, and who may let it pass: on the sample town, see `tests.db.lives`.

Moving B10 (44 households) to B08 leaves …00201 with 12 households and gives …00203 116.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from gridmap.cli import gridmap
from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound, RuleBroken
from gridmap.formats.plan_files import write_plan
from gridmap.models import Building, MicroGrid, PlanProof, Waiver
from gridmap.services import plan_lives, plans, waivers
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.locks import lock_micro_grids
from gridmap.services.plan_checks import blocking
from gridmap.services.plan_export import export_plan, list_checked
from gridmap.services.plan_imports import Source, import_plan
from gridmap.services.postings import today
from tests.db import lives
from tests.db.lives import GRID_1, GRID_2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridmap.db import Database

A, B = f"{GRID_2}01", f"{GRID_2}03"


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", lives.load_town)


@pytest.fixture
def strained(town: Database) -> int:
    """A draft with B10 moved."""
    plan = lives.create(town)
    lives.redraw(town, plan.id, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=B)
    return plan.id


def check(town: Database, plan_id: int) -> list[dict[str, Any]]:
    with town.transaction() as session:
        return plans.check_plan(session, SYSTEM, plan_id)


def waive(town: Database, plan_id: int, **options: Any) -> Any:
    with town.transaction() as session:
        given = {"kind": "outside_band", "reason": "临街独栋"} | options
        return waivers.waive_finding(session, SYSTEM, plan_id, **given)


def open_places(town: Database, plan_id: int) -> set[tuple[str, str]]:
    return {(row["kind"], row["micro_grid"] or row["grid"]) for row in blocking(check(town, plan_id))}


def test_outside_the_band_by_hand_blocks_until_it_is_waived(town: Database, strained: int) -> None:
    assert {("outside_band", A), ("outside_band", B)} <= open_places(town, strained)
    with pytest.raises(RuleBroken) as refused:
        lives.publish(town, strained)
    assert {row["key"] for row in refused.value.findings} >= {f"outside_band/{A}", f"outside_band/{B}"}
    for code in (A, B):
        waive(town, strained, micro_grid=code)
    for kind, code in open_places(town, strained):
        waive(town, strained, kind=kind, micro_grid=code)
    found = check(town, strained)
    assert blocking(found) == []
    waived = {row["micro_grid"]: row["waived"] for row in found if row["kind"] == "outside_band"}
    assert {code: one["reason"] for code, one in waived.items()} == {A: "临街独栋", B: "临街独栋"}
    assert waived[A]["by"] == "system"
    assert lives.publish(town, strained).status == "published"


def test_what_blocks_comes_first_then_what_is_waived_then_warnings(town: Database, strained: int) -> None:
    waive(town, strained, micro_grid=A)
    found = check(town, strained)
    ranks = [2 if row["severity"] == "warning" else 0 if row["waived"] is None else 1 for row in found]
    assert set(ranks) == {0, 1, 2}
    assert ranks == sorted(ranks)
    keys = [row["key"] for row in found]
    assert len(set(keys)) == len(keys)
    assert [row["key"] for row in check(town, strained)] == keys


def test_a_waiver_holds_for_the_households_it_was_approved_for(town: Database, strained: int) -> None:
    waive(town, strained, micro_grid=A)
    assert ("outside_band", A) not in open_places(town, strained)
    floors = [key for key in held_by(town, strained, A) if key.endswith("/1-3")]
    lives.redraw(town, strained, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=A)
    lives.redraw(town, strained, GRID_2, "move", atoms=floors, to=f"{GRID_2}02")
    assert ("outside_band", A) in open_places(town, strained)  # 44 households, not 12


def held_by(town: Database, plan_id: int, code: str) -> list[str]:
    with town.transaction() as session:
        return [atom for atom, own in lives.holdings(session, plan_id).items() if own == code]


def test_a_waiver_ends_after_its_last_day(town: Database, strained: int) -> None:
    waive(town, strained, micro_grid=A, expires_on=today())
    assert ("outside_band", A) not in open_places(town, strained)
    with town.transaction() as session:
        session.execute(update(Waiver).values(expires_on=today() - timedelta(days=1)))
    assert ("outside_band", A) in open_places(town, strained)
    with pytest.raises(BadInput):
        waive(town, strained, micro_grid=A, expires_on=today() - timedelta(days=1))
    waive(town, strained, micro_grid=A)  # the new one takes the place of the old
    assert ("outside_band", A) not in open_places(town, strained)
    with town.transaction() as session:
        assert len(waivers.list_waivers(session, SYSTEM, strained)) == 1


def test_a_waiver_taken_back_no_longer_holds(town: Database, strained: int) -> None:
    waiver = waive(town, strained, micro_grid=A)
    with town.transaction() as session, pytest.raises(NotFound):
        waivers.drop_waiver(session, SYSTEM, strained, waiver.id + 1)
    with town.transaction() as session:
        waivers.drop_waiver(session, SYSTEM, strained, waiver.id)
    assert ("outside_band", A) in open_places(town, strained)


def test_what_breaks_the_plan_itself_cannot_be_waived(town: Database) -> None:
    plan = lives.create(town)
    with town.transaction() as session:
        session.execute(update(Building).where(Building.source_id == "370698-B12").values(households=7))
    (missing,) = blocking(check(town, plan.id))
    assert (missing["kind"], missing["is_waivable"]) == ("atom_missing", False)
    with pytest.raises(BadInput) as refused:
        waive(town, plan.id, kind="atom_missing", grid=GRID_2)
    assert refused.value.fields[0].reason == "waiver_not_possible"
    with pytest.raises(BadInput) as refused:
        waive(town, plan.id, micro_grid=A)  # inside the band: there is nothing to approve
    assert refused.value.fields[0].reason == "waiver_no_finding"
    with town.transaction() as session:
        assert waivers.waive_all(session, SYSTEM, plan.id, "演示") == 0
    assert blocking(check(town, plan.id)) == [missing]


@pytest.mark.parametrize(
    ("reason", "slug"),
    [("   ", "words_empty"), ("业主 13912345678", "words_personal"), ("x" * 501, "api_too_long")],
)
def test_a_reason_is_given_and_names_nobody(town: Database, strained: int, reason: str, slug: str) -> None:
    with pytest.raises(BadInput) as refused:
        waive(town, strained, micro_grid=A, reason=reason)
    assert refused.value.fields[0].reason == slug


def test_who_may_waive_and_when(town: Database, strained: int) -> None:
    with town.transaction() as session, pytest.raises(NotAllowed):
        waivers.waive_all(session, Actor(None, "o", "official", None), strained, "x")
    with town.transaction() as session:
        plan_lives.submit_plan(session, SYSTEM, strained)
    waive(town, strained, micro_grid=A)  # whoever looks a submitted plan over may
    with town.transaction() as session:
        waivers.waive_all(session, SYSTEM, strained, "试点")
    lives.publish(town, strained)
    lives.publish(town, lives.create(town, seed=2).id)
    with pytest.raises(Conflict):
        waive(town, strained, micro_grid=A)


def test_unassigned_households_block_and_can_be_waived(town: Database) -> None:
    plan = lives.create(town)
    lives.redraw(town, plan.id, GRID_2, "move", atoms=[lives.atom(town, "B09")], to=None)
    (left,) = blocking(check(town, plan.id))
    assert (left["kind"], left["grid"], left["is_waivable"]) == ("unassigned", GRID_2, True)
    assert (left["details"]["buildings"], left["details"]["households"]) == (1, 72)
    waive(town, plan.id, kind="unassigned", grid=GRID_2)
    assert lives.publish(town, plan.id).status == "published"
    with town.transaction() as session:
        assert lives.holdings(session, plan.id)[lives.atom(town, "B09")] is None


def test_what_the_engine_proved_is_a_warning_and_stays_one_when_a_change_is_taken_back(
    town: Database,
) -> None:
    with town.transaction() as session:
        for name in ("B08", "B09"):
            session.execute(
                update(Building).where(Building.source_id == f"370698-{name}").values(households=0)
            )
        session.execute(update(Building).where(Building.source_id == "370698-B07").values(households=0))
    plan = lives.create(town)  # grid 2 has 44 households: too few for one micro-grid
    with town.transaction() as session:
        (proof,) = session.scalars(select(PlanProof).where(PlanProof.plan_id == plan.id))
        assert (proof.kind, proof.households) == ("total_too_small", 44)
        code = proof.micro_grid_code
    (outside,) = (row for row in check(town, plan.id) if row["kind"] == "outside_band")
    assert (outside["severity"], outside["details"]["reason"]) == ("warning", "total_too_small")
    assert outside["is_waivable"] is False
    lives.redraw(town, plan.id, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=None)
    assert {kind for kind, _ in open_places(town, plan.id)} == {"unassigned"}
    lives.redraw(town, plan.id, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=code)
    assert open_places(town, plan.id) == set()


def test_the_next_plan_inherits_what_still_fits(town: Database, strained: int) -> None:
    with town.transaction() as session:
        waivers.waive_all(session, SYSTEM, strained, "试点")
    lives.publish(town, strained)
    with town.transaction() as session:
        lock_micro_grids(session, SYSTEM, strained, [A])
    following = lives.create(town, seed=2)  # keeps 01 with its 12 households, divides the rest anew
    with town.transaction() as session:
        households = dict(
            session.execute(
                select(MicroGrid.code, MicroGrid.households).where(MicroGrid.plan_id == following.id)
            ).all()
        )
        carried = {(row.micro_grid, row.kind) for row in waivers.list_waivers(session, SYSTEM, following.id)}
    assert households[A] == 12
    assert households.get(B) != 116
    # Without B10 its two other buildings do not touch the tower: that was waived, too.
    assert carried == {(A, "outside_band"), (A, "not_contiguous")}
    assert ("outside_band", A) not in open_places(town, following.id)


@pytest.fixture
def left_out(town: Database) -> int:
    """A published plan that leaves B09 (72 households) to nobody, by a waiver for grid 2 as a whole."""
    plan = lives.create(town)
    lives.redraw(town, plan.id, GRID_2, "move", atoms=[lives.atom(town, "B09")], to=None)
    waive(town, plan.id, kind="unassigned", grid=GRID_2, reason="待拆迁")
    lives.publish(town, plan.id)
    return plan.id


def of_grids(town: Database, plan_id: int) -> list[tuple[str, str, int]]:
    """Waivers of grids as a whole: grid, reason, households."""
    with town.transaction() as session:
        rows = waivers.list_waivers(session, SYSTEM, plan_id)
    return [(row.grid, row.reason, row.households) for row in rows if row.micro_grid is None]


def test_a_waiver_of_a_whole_grid_goes_along_with_a_branch_and_a_roll_back(
    town: Database, left_out: int
) -> None:
    with town.transaction() as session:
        branch = plan_lives.branch_plan(session, SYSTEM, left_out).id
    assert of_grids(town, branch) == [(GRID_2, "待拆迁", 72)]
    assert open_places(town, branch) == set()
    engine = lives.create(town, seed=2).id  # gives B09 to somebody again: there is nothing to waive
    assert of_grids(town, engine) == []
    lives.publish(town, engine)
    with town.transaction() as session:
        again = plan_lives.roll_back(session, SYSTEM, left_out, confirm_moved=True)
    assert again.status == "published"
    assert of_grids(town, again.id) == [(GRID_2, "待拆迁", 72)]


def test_a_plan_from_a_file_inherits_what_still_fits(town: Database, left_out: int, tmp_path: Path) -> None:
    with town.transaction() as session:
        frames = export_plan(session, SYSTEM, left_out)
    write_plan(frames, tmp_path / "plan.csv")
    made = bring(town, tmp_path / "plan.csv")
    assert of_grids(town, made) == [(GRID_2, "待拆迁", 72)]
    assert open_places(town, made) == set()
    rows = [
        line for line in (tmp_path / "plan.csv").read_text("utf-8-sig").splitlines() if "-B08" not in line
    ]
    (tmp_path / "less.csv").write_text("\n".join(rows))
    less = bring(town, tmp_path / "less.csv")  # 144 households are left out now: nobody approved that
    assert of_grids(town, less) == []
    assert ("unassigned", GRID_2) in open_places(town, less)


def bring(town: Database, path: Path) -> int:
    with town.transaction() as session:
        return import_plan(session, SYSTEM, lives.DISTRICT, Source(path)).plan.id


def test_an_expired_waiver_is_not_inherited(town: Database, strained: int) -> None:
    with town.transaction() as session:
        waivers.waive_all(session, SYSTEM, strained, "试点")
    lives.publish(town, strained)
    with town.transaction() as session:
        lock_micro_grids(session, SYSTEM, strained, [A])
        session.execute(update(Waiver).values(expires_on=today() - timedelta(days=1)))
    following = lives.create(town, seed=2)
    assert ("outside_band", A) in open_places(town, following.id)


def test_the_list_is_the_same_in_service_export_and_command(
    town: Database, strained: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waive(town, strained, micro_grid=A)
    found = check(town, strained)
    with town.transaction() as session:
        table = list_checked(session, SYSTEM, strained)
        frames = export_plan(session, SYSTEM, strained)
    assert table["key"].tolist() == frames.findings["key"].tolist() == [row["key"] for row in found]
    assert [json.loads(details) for details in table["details"]] == [row["details"] for row in found]
    assert table.loc[table["key"] == f"outside_band/{A}", "waived_by"].tolist() == ["system"]
    write_plan(frames, tmp_path / "plan.gpkg")
    monkeypatch.setenv("DATABASE_URL", town.engine.url.render_as_string(hide_password=False))
    done = CliRunner().invoke(gridmap, ["plan", "check", str(strained)])
    lines = [line.split("\t") for line in done.output.splitlines() if "\t" in line]
    assert done.exit_code == 1
    assert [(line[0], line[1]) for line in lines] == [(row["severity"], row["kind"]) for row in found]
    assert "临街独栋" in next(line[4] for line in lines if line[1] == "outside_band" and len(line) == 5)
    done = CliRunner().invoke(gridmap, ["plan", "waive", str(strained), "--all", "--reason", "试点"])
    assert done.exit_code == 0, done.output
    assert open_places(town, strained) == set()
    assert CliRunner().invoke(gridmap, ["plan", "check", str(strained)]).exit_code == 0


def test_the_tables_refuse_a_waiver_without_reason(town: Database, strained: int) -> None:
    waive(town, strained, micro_grid=A)
    with town.transaction() as session, pytest.raises(IntegrityError, match="ck_waivers_reason_given"):
        session.execute(text("UPDATE waivers SET reason = '　 '"))


def test_grid_1_is_left_alone(town: Database, strained: int) -> None:
    assert not [place for _, place in open_places(town, strained) if place.startswith(GRID_1)]
