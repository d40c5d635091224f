"""Plans on the sample town: grid 1 holds six slabs of 48 households, grid 2 three towers of 72 and one of 44.

The town has 288 + 260 = 548 households; 44 is under the band, so grid 2 cannot keep all its buildings whole.
"""

import csv
import io
import itertools
import json
from datetime import timedelta

import geopandas as gpd
import pytest
from sqlalchemy import delete, func, select, text, update

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound, RuleBroken
from gridmap.formats.layers import read_layer
from gridmap.formats.plan_files import PlanFrames, as_csv, write_plan
from gridmap.models import Area, Assignment, AuditEntry, Building, MicroGrid, Plan
from gridmap.services import plan_runs, plans
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.exchange import load_layer
from gridmap.services.micro_grids import list_micro_grids
from gridmap.services.plan_export import export_plan
from tests.db.lives import load_town
from tests.sample_town import SAMPLE_TOWN

DISTRICT, GRID_1, GRID_2 = "370698", "370698001001001", "370698001001002"


@pytest.fixture
def town(copy_with):
    return copy_with("sample-town", load_town)


def create(town, **options):
    return plan_runs.create_plan(town, SYSTEM, DISTRICT, **options)


def publish(town, plan):
    with town.transaction() as session:
        return plans.publish_plan(session, SYSTEM, plan.id, confirm_moved=True)


def current(session):
    return {row.code: row for row in list_micro_grids(session, SYSTEM)}


def holdings(session, plan_id):
    """Atom -> code of its micro-grid."""
    query = select(Assignment.atom, MicroGrid.code).join(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
    return dict(session.execute(query.where(Assignment.plan_id == plan_id)).all())


def test_a_draft_holds_every_household_once_and_inside_the_band(town):
    told = []
    plan = create(town, progress=lambda done, total: told.append((done, total)))
    with town.transaction() as session:
        by_building = select(Assignment.building_id, func.sum(Assignment.households))
        held = dict(
            session.execute(
                by_building.where(Assignment.plan_id == plan.id).group_by(Assignment.building_id)
            ).all()
        )
        assert held == dict(session.execute(select(Building.id, Building.households)).all())
        grids = list_micro_grids(session, SYSTEM, plan_id=plan.id)
        assert sum(grid.households for grid in grids) == 548
        assert all(50 <= grid.households <= 80 for grid in grids)
        assert {grid.status for grid in grids} == {"in_band"}
        assert {grid.code[:15] for grid in grids} == {GRID_1, GRID_2}
        assert not current(session)
    assert told[-1] == (2, 2)
    assert plan.status == "draft"
    assert plan.measures["households"] == 548
    assert plan.measures["in_band"] == plan.measures["micro_grids"] == len(grids)


def test_the_micro_grids_tile_their_grids(town):
    plan = create(town)
    with town.transaction() as session:
        for code in (GRID_1, GRID_2):
            off = session.scalar(
                text(
                    "SELECT ST_Area(ST_SymDifference(a.geom, (SELECT ST_Union(geom) FROM micro_grids"
                    " WHERE grid_id = a.id AND plan_id = :plan))) / ST_Area(a.geom)"
                    " FROM areas a WHERE a.code = :code"
                ),
                {"plan": plan.id, "code": code},
            )
            assert off < 1e-6


def test_the_same_seed_gives_the_same_plan(town):
    first, second = create(town, seed=3), create(town, seed=3)
    with town.transaction() as session:
        assert holdings(session, first.id) == holdings(session, second.id)


def test_another_band_is_obeyed(town):
    plan = create(town, rules={"households_min": 90, "households_target": 120, "households_max": 150})
    with town.transaction() as session:
        assert all(
            90 <= grid.households <= 150 for grid in list_micro_grids(session, SYSTEM, plan_id=plan.id)
        )


def test_what_is_published_is_what_everybody_sees(town):
    plan = publish(town, create(town))
    assert plan.status == "published"
    with town.transaction() as session:
        seen = current(session)
        assert {grid.plan_id for grid in seen.values()} == {plan.id}
        begun = session.scalars(select(MicroGrid.valid_from).where(MicroGrid.code.in_(seen))).all()
        assert set(begun) == {plan.published_at}
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "published")).one()
        assert entry.details["micro_grids"] == len(seen)


def test_publishing_the_same_division_again_keeps_every_code_and_supersedes_the_old_plan(town):
    old = publish(town, create(town, seed=1))
    draft = create(town, seed=1)
    with town.transaction() as session:
        assert plans.compare_with_published(session, SYSTEM, draft.id) == {
            "micro_grids_new": 0,
            "micro_grids_kept": draft.measures["micro_grids"],
            "micro_grids_retired": 0,
            "households_moved": 0,
            "households_before": 548,
        }
    new = publish(town, draft)
    with town.transaction() as session:
        assert holdings(session, old.id) == holdings(session, new.id)
        assert session.get_one(Plan, old.id).status == "superseded"
        assert {grid.plan_id for grid in current(session).values()} == {new.id}


def test_a_code_once_published_is_never_given_to_somebody_else(town):
    first = publish(town, create(town, seed=1))
    wide = {"households_min": 90, "households_target": 120, "households_max": 150}
    second = publish(town, create(town, seed=2, rules=wide))
    third = publish(town, create(town, seed=3))
    with town.transaction() as session:
        ever: dict[str, list[set[int]]] = {}
        for plan in (first, second, third):
            by_code: dict[str, set[int]] = {}
            rows = session.execute(
                select(MicroGrid.code, Assignment.building_id)
                .join(Assignment, Assignment.micro_grid_id == MicroGrid.id)
                .where(MicroGrid.plan_id == plan.id, Assignment.households > 0)
            )
            for code, building in rows:
                by_code.setdefault(code, set()).add(building)
            for code, buildings in by_code.items():
                ever.setdefault(code, []).append(buildings)
        assert len(ever) > first.measures["micro_grids"]
        for versions in ever.values():
            assert all(before & after for before, after in itertools.pairwise(versions))


def test_only_a_draft_can_be_published(town):
    plan = publish(town, create(town))
    with town.transaction() as session, pytest.raises(Conflict, match="published"):
        plans.publish_plan(session, SYSTEM, plan.id)


def test_a_plan_that_lost_a_home_is_refused_and_changes_nothing(town):
    before = publish(town, create(town, seed=1))
    draft = create(town, seed=2)
    with town.transaction() as session:
        lost = session.scalars(
            select(Assignment).where(Assignment.plan_id == draft.id, Assignment.households > 0)
        ).first()
        session.execute(
            delete(Assignment).where(Assignment.plan_id == draft.id, Assignment.atom == lost.atom)
        )
    with pytest.raises(RuleBroken) as refused:
        publish(town, draft)
    assert "atom_missing" in {finding["kind"] for finding in refused.value.findings}
    with town.transaction() as session:
        assert {grid.plan_id for grid in current(session).values()} == {before.id}
        assert session.get_one(Plan, draft.id).status == "draft"


def test_a_building_that_came_later_is_found(town):
    draft = create(town)
    with town.transaction() as session:
        session.execute(update(Building).where(Building.source_id == "370698-B12").values(households=7))
        kinds = {finding["kind"] for finding in plans.check_plan(session, SYSTEM, draft.id)}
    assert "atom_missing" in kinds


def test_an_area_without_homes_is_refused_and_leaves_no_plan(town):
    with town.transaction() as session:
        session.execute(update(Building).values(households=0))
    with pytest.raises(BadInput, match="no buildings with households"):
        create(town)
    with town.transaction() as session:
        assert session.scalar(select(func.count(Plan.id))) == 0


def test_an_area_without_grids_is_told_how_to_get_some(database):
    with database.transaction() as session:
        (path,) = SAMPLE_TOWN.glob("areas.*")
        layer = read_layer("areas", path)
        upper = layer.rows[layer.rows["level"] != "grid"]
        load_layer(session, SYSTEM, "areas", type(layer)(**{**vars(layer), "rows": upper}))
    with pytest.raises(BadInput, match="areas derive"):
        plan_runs.create_plan(database, SYSTEM, DISTRICT)


def test_impossible_rules_are_refused(town):
    with pytest.raises(BadInput):
        create(town, rules={"households_min": 90, "households_max": 80})


def test_a_plan_whose_maker_died_is_marked_but_one_being_made_is_not(town):
    with town.transaction() as session:
        dead = plans.request_plan(session, SYSTEM, DISTRICT)
        alive = plans.request_plan(session, SYSTEM, DISTRICT)
        session.execute(update(Plan).values(created_at=Plan.created_at - timedelta(hours=1)))
    with town.engine.connect() as maker:
        maker.execute(
            text("SELECT pg_advisory_lock(:key, :plan)"), {"key": plans.COMPUTE_LOCK, "plan": alive.id}
        )
        with town.transaction() as session:
            assert plans.fail_abandoned_plans(session) == 1
            statuses = dict(session.execute(select(Plan.id, Plan.status)).all())
    assert statuses == {dead.id: "failed", alive.id: "computing"}


def test_who_may_do_what(town):
    plan = create(town)
    with town.transaction() as session:
        district = session.scalars(select(Area.id).where(Area.code == DISTRICT)).one()
        grid_2 = session.scalars(select(Area.id).where(Area.code == GRID_2)).one()
        official = Actor(1, "official", "official", (district,))
        neighbour = Actor(2, "planner", "planner", (grid_2,))
        with pytest.raises(NotAllowed):
            plans.publish_plan(session, official, plan.id)
        with pytest.raises(NotFound):
            plans.publish_plan(session, neighbour, plan.id)
        seen = list_micro_grids(session, neighbour, plan_id=None, area_code=GRID_2)
        assert seen == []
        with pytest.raises(NotFound):
            list_micro_grids(session, neighbour, area_code=GRID_1)


def test_the_export_says_the_same_in_every_format(town, tmp_path):
    plan = create(town)
    with town.transaction() as session:
        frames = export_plan(session, SYSTEM, plan.id)
        held = holdings(session, plan.id)
    for suffix in ("gpkg", "geojson", "csv"):
        write_plan(frames, tmp_path / f"plan.{suffix}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.csv", "plan.geojson", "plan.gpkg"]
    rows = list(csv.DictReader((tmp_path / "plan.csv").read_text("utf-8-sig").splitlines()))
    assert {row["atom"]: row["micro_grid"] for row in rows} == held
    assert sum(int(row["households"]) for row in rows) == 548
    collection = json.loads((tmp_path / "plan.geojson").read_text("utf-8"))
    assert {feature["id"] for feature in collection["features"]} == set(held.values())
    atoms = gpd.read_file(tmp_path / "plan.gpkg", layer="atoms")
    assert dict(zip(atoms["atom"], atoms["micro_grid"], strict=True)) == held


def test_no_cell_of_the_export_is_a_formula(town):
    with town.transaction() as session:
        session.execute(update(Building).where(Building.source_id == "370698-B01").values(name="=1+1"))
    plan = create(town)
    with town.transaction() as session:
        frames: PlanFrames = export_plan(session, SYSTEM, plan.id)
    cells = [cell for row in csv.reader(io.StringIO(as_csv(frames.atoms))) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_an_unknown_ending_is_refused_before_anything_is_written(town, tmp_path):
    plan = create(town)
    with town.transaction() as session:
        frames = export_plan(session, SYSTEM, plan.id)
    with pytest.raises(BadInput):
        write_plan(frames, tmp_path / "plan.doc")
    assert list(tmp_path.iterdir()) == []
