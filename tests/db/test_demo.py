"""The demo city in the database: a district at a time and each of them whole, never over another city."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text

from gridmap.errors import BadInput, Conflict, NotAllowed
from gridmap.formats.demo_city import LAYERS, SIZES, build_demo_city
from gridmap.formats.layers import layer_of
from gridmap.models import Account, Area, AuditEntry, Building, Issue, MicroGrid, Posting, Staff, Visit
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.coverage import gaps_without_posting
from gridmap.services.coverage_rules import find_gaps, list_rules
from gridmap.services.demo import DEMO_SIGN_INS, DEMO_SOURCE, build_demo, find_unfinished_size
from gridmap.services.demo_heads import post_heads
from gridmap.services.demo_visits import visit_buildings
from gridmap.services.exchange import load_layer
from gridmap.services.micro_grids import describe_micro_grid
from gridmap.services.plan_runs import create_plan
from gridmap.services.plan_sheets import get_sheet
from gridmap.services.plans import publish_plan

TODAY = date(2026, 11, 20)
TOMORROW = date(2026, 11, 21)
STEPS = 1 + len(LAYERS)  # of a district

# Every table with rows of a district, and how its rows are told: whole, with the transaction that wrote them.
OF_DISTRICT = {
    "areas": "code LIKE :code || '%'",
    "compounds": "code LIKE :code || '%'",
    "buildings": "source_id LIKE :code || '%'",
    "entrances": "building_id IN (SELECT id FROM buildings WHERE source_id LIKE :code || '%')",
    "compound_grids": "compound_id IN (SELECT id FROM compounds WHERE code LIKE :code || '%')",
    "barriers": "source_id LIKE :code || '%'",
    "roads": "source_id LIKE :code || '%'",
    "stations": "code LIKE :code || '%'",
    "staff": "code LIKE :code || '%'",
    "postings": "staff_id IN (SELECT id FROM staff WHERE code LIKE :code || '%')",
    "shifts": "staff_id IN (SELECT id FROM staff WHERE code LIKE :code || '%')",
    "issues": "source_id LIKE :code || '%'",
    "issue_events": "issue_id IN (SELECT id FROM issues WHERE source_id LIKE :code || '%')",
}
# What must hold in the whole database, said without looking at how it is kept up: rows that break it.
WRONG = {
    "lineages": """
        WITH RECURSIVE tree AS (
            SELECT id, ARRAY[id] AS lineage FROM areas WHERE parent_id IS NULL
            UNION ALL
            SELECT a.id, tree.lineage || a.id FROM areas a JOIN tree ON a.parent_id = tree.id
        )
        SELECT id FROM areas LEFT JOIN tree USING (id) WHERE areas.lineage IS DISTINCT FROM tree.lineage""",
    "grids of buildings": """
        SELECT id FROM buildings b WHERE grid_id IS DISTINCT FROM (
            SELECT min(a.id) FROM areas a
            WHERE level = 'grid' AND ST_Covers(a.geom, ST_PointOnSurface(b.geom)))""",
    "grids of stations and issues": """
        SELECT id
        FROM (SELECT id, grid_id, geom FROM stations UNION ALL SELECT id, grid_id, geom FROM issues) t
        WHERE grid_id IS DISTINCT FROM (
            SELECT min(a.id) FROM areas a WHERE level = 'grid' AND ST_Covers(a.geom, t.geom))""",
    "compounds in grids": """
        SELECT * FROM (
            SELECT compound_id, grid_id, sum(households)::int AS households FROM buildings
            WHERE compound_id IS NOT NULL AND grid_id IS NOT NULL GROUP BY compound_id, grid_id
        ) held FULL JOIN compound_grids was USING (compound_id, grid_id)
        WHERE held.households IS DISTINCT FROM was.households""",
    "spots of shifts": """
        SELECT h.id
        FROM shifts h LEFT JOIN stations t ON t.id = h.station_id LEFT JOIN areas a ON a.id = h.area_id
        WHERE h.spot::geometry IS DISTINCT FROM coalesce(t.geom, ST_PointOnSurface(a.geom))""",
    "flags of issues": """
        SELECT id FROM (
            SELECT i.*, count(*) FILTER (WHERE building_id IS NULL) OVER (PARTITION BY source, geom) AS here,
                   count(*) OVER (PARTITION BY source) AS in_all
            FROM issues i
        ) i
        WHERE flags IS DISTINCT FROM array_remove(ARRAY[
            CASE WHEN geom IS NULL THEN 'no_coordinates' END,
            CASE WHEN geom IS NOT NULL AND building_id IS NULL AND here >= 100 AND here >= 0.01 * in_all
                 THEN 'placeholder_point' END,
            CASE WHEN geom IS NOT NULL AND NOT EXISTS (
                SELECT FROM areas a WHERE level = 'district' AND ST_Covers(a.geom, i.geom)
            ) THEN 'outside_city' END,
            CASE WHEN closed_at < reported_at THEN 'closed_before_reported' END
        ], NULL)""",
}


TOWN = "370699"
HEADS = text(
    "SELECT s.code, s.duty_phone, a.code AS office, p.micro_grid_code FROM staff s"
    " JOIN areas a ON a.id = s.office_id JOIN postings p ON p.staff_id = s.id"
    " WHERE s.role = 'micro_grid_head' ORDER BY s.code"
)


class StoppedError(Exception):
    """What a test throws into a run."""


@pytest.fixture
def pair(monkeypatch):
    """Name of a size of two small districts side by side."""
    monkeypatch.setitem(SIZES, "pair", replace(SIZES["town"], columns=2, roster_weeks=1))
    return "pair"


def stop_at(number, layer):
    """Give a follower that stops the run before it loads `layer` of district `number`."""

    def follow(step):
        if (step.number, step.layer) == (number, layer):
            raise StoppedError

    return follow


def rows_of(session, code):
    told = "SELECT md5(string_agg(t::text || t.xmin, ',' ORDER BY t::text)), count(*) FROM {} t WHERE {}"
    return {
        table: tuple(session.execute(text(told.format(table, where)), {"code": code}).one())
        for table, where in OF_DISTRICT.items()
    }


def find_wrong(session):
    return {name: len(session.execute(text(query)).all()) for name, query in WRONG.items()}


def test_a_town_is_loaded_whole_and_again_without_a_change(database):
    steps = []
    report = build_demo(database, SYSTEM, "town", 1, steps.append, today=TODAY)
    assert dict(report.sign_ins) == dict(DEMO_SIGN_INS)
    assert report.loaded == report.codes == ("370699",)
    assert [step.done for step in steps] == [*range(STEPS), STEPS + 1]
    assert {step.total for step in steps} == {STEPS + 1}
    assert all(step.text("zh") and step.text("en") for step in steps)
    assert "1/1" in steps[0].text("zh")

    with database.transaction() as session:
        assert session.scalar(select(func.sum(Building.households))) == report.households
        assert session.scalar(select(func.count(Issue.id))) == report.rows["issues"]
        assert session.scalar(select(func.count(Building.id)).where(Building.grid_id.is_(None))) == 0
        assert find_wrong(session) == dict.fromkeys(WRONG, 0)
        for kind, frame in next(build_demo_city("town", 1, TODAY)).layers.items():
            again = load_layer(session, SYSTEM, kind, layer_of(kind, frame), source=DEMO_SOURCE)
            assert (again.inserted, again.updated, again.unchanged) == (0, 0, len(frame)), kind

    again = build_demo(database, SYSTEM, "town", 1, today=TODAY)
    assert (again.loaded, dict(again.sign_ins)) == ((), {})
    assert (again.rows, again.households) == (report.rows, report.households)


def test_a_second_district_leaves_the_first_untouched_and_all_as_a_full_refresh_would(database, pair):
    with pytest.raises(StoppedError):
        build_demo(database, SYSTEM, pair, 1, stop_at(2, ""), today=TODAY)
    with database.transaction() as session:
        first = rows_of(session, "379901")
        assert session.scalars(select(Area.code).where(Area.level == "district")).all() == ["379901"]
    assert all(count > 0 for _, count in first.values())
    build_demo(database, SYSTEM, pair, 1, today=TODAY)
    with database.transaction() as session:
        assert rows_of(session, "379901") == first
        assert find_wrong(session) == dict.fromkeys(WRONG, 0)


def test_a_run_that_is_stopped_leaves_no_half_district_and_is_continued(database, pair):
    with pytest.raises(StoppedError):
        build_demo(database, SYSTEM, pair, 1, stop_at(2, "issues"), today=TODAY)
    with database.transaction() as session:
        assert {count for _, count in rows_of(session, "379902").values()} == {0}
        assert session.scalar(select(func.count(Account.id))) == 0
        assert find_unfinished_size(session) == pair
        first = rows_of(session, "379901")

    steps = []
    report = build_demo(database, SYSTEM, pair, 1, steps.append)  # another day: it is the same run
    assert (report.loaded, report.codes) == (("379902",), ("379901", "379902"))
    assert (steps[0].done, steps[0].number, steps[0].districts) == (STEPS, 2, 2)
    assert dict(report.sign_ins) == dict(DEMO_SIGN_INS)
    with database.transaction() as session:
        assert find_unfinished_size(session) is None
        assert rows_of(session, "379901") == first
        assert session.scalar(select(func.count(Issue.id))) == report.rows["issues"]
        assert session.scalar(select(func.sum(Building.households))) == report.households
        entries = select(AuditEntry).where(AuditEntry.subject == "demo_district").order_by(AuditEntry.id)
        assert [entry.details["day"] for entry in session.scalars(entries)] == [TODAY.isoformat()] * 2


def test_a_finished_city_is_brought_to_another_day(database):
    build_demo(database, SYSTEM, "town", 1, today=TODAY)
    with database.transaction() as session:
        last = session.scalar(text("SELECT max(starts_at) FROM shifts"))
        posted = session.scalar(select(func.count(Posting.id)))
    report = build_demo(database, SYSTEM, "town", 1, today=TOMORROW)
    assert report.loaded == ("370699",)
    with database.transaction() as session:
        assert session.scalar(text("SELECT max(starts_at) FROM shifts")) >= last
        assert session.scalar(select(func.count(Building.id))) == report.rows["buildings"]
        assert session.scalar(select(func.count(Posting.id))) == report.rows["postings"] == posted


def test_a_district_alone_is_the_same_as_among_all(pair):
    alone = next(build_demo_city(pair, 1, TODAY, {"379902"}))
    among = list(build_demo_city(pair, 1, TODAY))[1]
    assert alone.code == among.code
    for kind, frame in among.layers.items():
        assert frame.equals(alone.layers[kind]), kind


def test_the_field_account_is_a_grid_officer_with_a_grid(database):
    build_demo(database, SYSTEM, "town", 1, today=TODAY)
    with database.transaction() as session:
        staff = session.scalar(select(Staff).join(Account, Account.staff_id == Staff.id))
        assert staff.role == "grid_officer"
        assert session.scalar(select(func.count(Posting.id)).where(Posting.staff_id == staff.id)) >= 1


def test_heads_answer_for_all_micro_grids_but_a_few_and_are_posted_once(database):
    build_demo(database, SYSTEM, "town", 1, today=TODAY)
    with database.transaction() as session:
        assert post_heads(session, SYSTEM, TOWN) is None  # nothing is published
    plan_id = create_plan(database, SYSTEM, TOWN).id
    with database.transaction() as session:
        publish_plan(session, SYSTEM, plan_id)
        codes = set(session.scalars(select(MicroGrid.code).where(MicroGrid.plan_id == plan_id)))
        heads = post_heads(session, SYSTEM, TOWN)

    with database.transaction() as session:
        rows = session.execute(HEADS).all()
        assert len({row.code for row in rows}) == len({row.duty_phone for row in rows}) == len(rows)
        assert all(row.office == row.micro_grid_code[:12] for row in rows)
        assert all(row.duty_phone.startswith("0535-000 7") for row in rows)
        assert len(codes) == 72
        assert len(heads.uncovered) == 2  # 3 % of 72
        assert sorted([*(row.micro_grid_code for row in rows), *heads.uncovered]) == sorted(codes)
        at = max(datetime(2026, 11, 20, 4, tzinfo=UTC), datetime.now(UTC))  # published now, by the clock
        answer = gaps_without_posting(
            session, SYSTEM, TOWN, "micro_grid_head", at, through=("micro_grid",), language="zh"
        )
        assert tuple(gap["code"] for gap in answer.gaps) == heads.uncovered
        assert "微网格长" in answer.definition

    noon = datetime(2026, 11, 20, 4, tzinfo=UTC)
    with database.transaction() as session:
        assert visit_buildings(session, SYSTEM, TOWN, now=noon) > 100
        assert visit_buildings(session, SYSTEM, TOWN, now=noon) == 0
        assert session.scalar(select(func.max(Visit.visited_at))) <= noon
        for rule in list_rules(session, SYSTEM):
            if rule.kind == "visited":
                share = find_gaps(session, SYSTEM, rule.id, TOWN, noon).share.places_share
                assert 0 < share < rule.target_share, rule.code

    with database.transaction() as session:
        assert post_heads(session, SYSTEM, TOWN) is None
        assert session.execute(HEADS).all() == rows
        field = session.scalar(select(Account.staff_id).where(Account.username == "field"))
        helped = select(Posting.micro_grid_code).where(
            Posting.staff_id == field, Posting.micro_grid_code.is_not(None)
        )
        both = sorted(session.scalars(helped))
        assert len(both) == 3
        # The one responsible comes before the other who answers for it, on the page and in print.
        people = describe_micro_grid(session, SYSTEM, both[0])["people"]
        assert [one.role for one in people[:2]] == ["micro_grid_head", "grid_officer"]
        (card,) = get_sheet(session, SYSTEM, plan_id, both[0], address="https://map").cards
        assert [one.role_zh for one in card.people[:2]] == ["微网格长", "专职网格员"]


def test_a_demo_city_is_not_laid_over_another_one(database):
    build_demo(database, SYSTEM, "town", 1, today=TODAY)
    for size, seed in (("town", 2), ("district", 1), ("city", 1)):
        with pytest.raises(Conflict, match="Use an empty database"):
            build_demo(database, SYSTEM, size, seed, today=TODAY)


def test_an_unknown_size_and_a_planner_are_refused(database):
    with pytest.raises(BadInput, match="town, district, city"):
        build_demo(database, SYSTEM, "village", 1, today=TODAY)
    planner = Actor(account_id=1, username="planner", role="planner", area_ids=(1,))
    with pytest.raises(NotAllowed):
        build_demo(database, planner, "town", 1, today=TODAY)
    with database.transaction() as session:
        assert session.scalar(select(func.count(Building.id))) == 0
