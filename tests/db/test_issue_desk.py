"""The desk: what each tab holds, reports of the same matter, and dispatch that keeps why.

Two streets of `tests.spatial_city`, two by two grids; a micro-grid is 0.005/3 degrees wide (147 m), so that
0.0001 degrees of longitude are 8.8 m.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import text

from gridmap.db import sql
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.services import (
    issue_desk,
    issue_details,
    issue_dispatch,
    issue_duplicates,
    issue_steps,
    issues,
)
from gridmap.services.issue_desk import DeskFilter
from gridmap.services.issue_dispatch import BORDER_M
from gridmap.services.issue_steps import Given
from gridmap.services.issues import IssueFilter
from tests.db.handled import START, Desk, open_desk

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

BORDER = 120.70 + 0.005 / 3  # between the micro-grids G0-0-1 and G0-0-2
SOUTH = 37.7505
POINTS = 300
HOME = 10000000 * 10 + 11  # a building of G0-0-1


@pytest.fixture
def desk(session: Session, connection: Connection) -> Desk:
    return open_desk(session, connection)


def ids(rows: list[Any]) -> list[int]:
    return [row.id for row in rows]


def work(desk: Desk, tab: str, hour: float = 2, **more: Any) -> list[Any]:
    which = DeskFilter(tab, IssueFilter(**more.pop("issues", {})), more.pop("words", ""))
    at = START + timedelta(hours=hour)
    return issue_desk.list_work(desk.session, desk.people["dispatcher"], which, now=at, **more)


def test_tabs_hold_what_their_step_leads_on(desk: Desk):
    first, second, third = (desk.report(hour=hour) for hour in (0, 1, 2))
    desk.take(second, "accept", hour=3)
    desk.walk(third, "accept settle", hour=3)
    fourth = desk.report(hour=3, category="noise")
    assert ids(work(desk, "new")) == [first, fourth]  # what falls due first
    assert ids(work(desk, "dispatch")) == [second]
    assert ids(work(desk, "verify")) == [third]
    assert ids(work(desk, "all")) == [fourth, third, second, first]  # the newest first
    assert ids(work(desk, "all", skip=1, limit=2)) == [third, second]
    assert ids(work(desk, "all", issues={"category": "noise"})) == [fourth]
    assert ids(work(desk, "all", words=f"#{second}")) == [second]
    assert ids(work(desk, "all", words="100%")) == []
    desk.take(second, "dispatch", hour=4)
    assert ids(work(desk, "dispatch")) == []  # it has been dispatched; sending it on is another matter
    row = work(desk, "new")[0]
    assert (row.clock, row.clock_due_at, row.is_overdue) == ("accept", START + timedelta(days=1), False)


def test_overdue_is_open_and_its_counts_are_those_of_the_list(desk: Desk):
    late, done = desk.report(), desk.report()
    desk.walk(done, "accept settle", hour=1)  # nobody reports back to whom it was settled for
    week = 7 * 24
    assert ids(work(desk, "overdue", hour=23)) == []
    assert ids(work(desk, "overdue", hour=week)) == [late]
    assert work(desk, "verify", hour=week)[0].is_overdue is False
    at = START + timedelta(hours=week)
    counts = issue_desk.count_work(desk.session, desk.people["dispatcher"], DeskFilter(), now=at)
    assert counts == {"new": 1, "dispatch": 0, "overdue": 1, "verify": 1, "all": 2}
    clocks = issue_details.get_issue(desk.session, desk.people["dispatcher"], late, now=at)["clocks"]
    assert [(one["clock"], one["is_overdue"]) for one in clocks] == [
        ("accept", True),
        ("settle", True),
        ("report", True),
    ]
    clocks = issue_details.get_issue(desk.session, desk.people["dispatcher"], done, now=at)["clocks"]
    assert {one["clock"]: one["is_overdue"] for one in clocks}["report"] is False


def test_the_desk_sees_its_own_street_only(desk: Desk):
    issue = desk.report()
    desk.session.execute(text("UPDATE issues SET grid_id = NULL WHERE id = :id"), {"id": issue})
    assert work(desk, "all") == []
    with pytest.raises(NotFound):
        issue_dispatch.list_receivers(desk.session, desk.people["dispatcher"], issue)


def suggest(desk: Desk, **asked: Any) -> list[tuple[int, bool, bool]]:
    found = issue_duplicates.find_duplicates(desk.session, desk.people["dispatcher"], **asked)
    return [(one.id, one.same_building, one.same_category) for one in found]


def test_duplicates_are_of_building_and_category_before_distance(desk: Desk):
    dispatcher = desk.people["dispatcher"]
    there = {"building_id": HOME}
    same = issues.create_issue(desk.session, dispatcher, category="leak", text="三楼漏水", **there)
    other = issues.create_issue(desk.session, dispatcher, category="noise", text="楼下装修很吵", **there)
    lon, lat = desk.session.execute(
        text("SELECT ST_X(geom), ST_Y(geom) FROM issues WHERE id = :id"), {"id": same}
    ).one()
    # 0.0004 degrees of latitude are 44 m, 0.0005 are 56 m.
    near = issues.create_issue(desk.session, dispatcher, category="leak", lon=lon, lat=lat + 0.0004)
    far = issues.create_issue(desk.session, dispatcher, category="leak", lon=lon, lat=lat + 0.0005)
    assert suggest(desk, category="leak", **there) == [(same, True, True), (near, False, True)]
    assert suggest(desk, category="noise", **there) == [(other, True, True)]
    # Of another category only what says the same.
    assert suggest(desk, category="dispute", text="楼下装修很吵", **there) == [(other, True, False)]
    assert suggest(desk, category="leak", lon=lon, lat=lat + 0.0005)[0] == (far, False, True)
    # What shares a placeholder point with thousands is near nothing.
    desk.session.execute(text("UPDATE issues SET flags = '{placeholder_point}' WHERE id = :id"), {"id": near})
    desk.take(same, "void")
    assert suggest(desk, category="leak", **there) == []
    with pytest.raises(BadInput):
        suggest(desk, category="leak")


def test_me_too_counts_onto_its_parent_once(desk: Desk):
    parent, dispatcher = desk.report(building_id=HOME), desk.people["dispatcher"]
    twice = [
        issue_duplicates.add_me_too(desk.session, dispatcher, parent, text="还在漏", client_id="phone-0001")
        for _ in range(2)
    ]
    assert twice[0].issue_id == twice[1].issue_id
    assert twice[0].state == "merged"
    found = issue_details.get_issue(desk.session, dispatcher, parent)
    assert (found["reports"], [child.id for child in found["children"]]) == (2, [twice[0].issue_id])
    child = issue_details.get_issue(desk.session, dispatcher, twice[0].issue_id)
    assert (child["parent_id"], child["channel"], child["building_id"]) == (parent, "phone", HOME)
    again = issue_duplicates.find_duplicates_of(desk.session, dispatcher, desk.report(building_id=HOME))
    assert [(one.id, one.reports) for one in again] == [(parent, 2)]
    desk.take(parent, "void")
    with pytest.raises(Conflict):
        issue_duplicates.add_me_too(desk.session, dispatcher, parent)


def report_at(desk: Desk, east_of_border: float) -> int:
    lon = BORDER + east_of_border
    issue = issues.create_issue(desk.session, desk.people["dispatcher"], category="noise", lon=lon, lat=SOUTH)
    desk.take(issue, "accept")
    return issue


def on_duty(desk: Desk) -> None:
    """Let the grid officer, who is posted to all these micro-grids, be on duty now."""
    desk.session.execute(
        text(
            "INSERT INTO shifts (staff_id, station_id, starts_at, ends_at, spot)"
            " SELECT 3, id, now() - interval '1 hour', now() + interval '1 hour', geom::geography"
            " FROM stations LIMIT 1"
        )
    )


def test_a_border_asks_and_a_dispatch_keeps_why(desk: Desk):
    dispatcher = desk.people["dispatcher"]
    on_duty(desk)
    inside, border = report_at(desk, 0.0002), report_at(desk, 0.0001)
    clear = issue_dispatch.list_receivers(desk.session, dispatcher, inside)
    assert (clear.side, clear.is_border, clear.plan_version) == ("G0-0-2", False, 1)
    assert clear.answer is not None
    assert [one.staff_code for one in clear.answer.people] == ["P000003"]
    assert [one.code for one in clear.posted] == ["P000003"]
    asked = issue_dispatch.list_receivers(desk.session, dispatcher, border)
    assert [(one.code, one.distance_m < 15) for one in asked.sides] == [("G0-0-2", True), ("G0-0-1", True)]
    assert asked.is_border
    assert asked.answer is None
    to = Given(dispatched_to="staff:P000003")
    with pytest.raises(BadInput) as refused:
        issue_dispatch.dispatch_issue(desk.session, dispatcher, border, to)
    assert [(one.column, one.hint) for one in refused.value.fields] == [("side", "G0-0-2 | G0-0-1")]
    with pytest.raises(BadInput):
        issue_dispatch.dispatch_issue(desk.session, dispatcher, border, to, side="G1-1-1")
    taken = issue_dispatch.dispatch_issue(desk.session, dispatcher, border, to, side="G0-0-1")
    assert taken.state == "dispatched"
    event = issue_details.get_issue(desk.session, dispatcher, border)["events"][-1]
    why = event.details["reason"]
    assert event.details["to"] == "staff:P000003"
    assert (why["rule"], why["tier"], why["plan_version"]) == ("nearest_on_duty", "compound", 1)
    assert (why["side"], why["sides"], why["chosen"]) == ("G0-0-1", ["G0-0-2", "G0-0-1"], 1)
    assert why["candidates"][0]["to"] == "staff:P000003"
    assert "微网格" in why["candidates"][0]["why"]
    assert event.role == "dispatcher"
    mine = issues.list_issues(desk.session, desk.people["field"], IssueFilter(mine=True, is_open=True))
    assert border in ids(mine)  # it has no building, but it was dispatched to this post
    assert inside not in ids(mine)
    # What is dispatched to a post is seen there, wherever it lies.
    desk.session.execute(text("UPDATE issues SET grid_id = NULL WHERE id = :id"), {"id": border})
    issue_steps.take_step(desk.session, desk.people["field"], border, "respond")
    assert issue_details.get_issue(desk.session, desk.people["field"], border)["state"] == "responded"
    with pytest.raises(NotFound):
        issue_details.get_issue(desk.session, dispatcher, border)
    desk.session.execute(text("UPDATE issues SET grid_id = 1000000 WHERE id = :id"), {"id": border})
    # It has been dispatched by now: no question of sides, but what is possible instead.
    with pytest.raises(BadInput) as missing:
        issue_dispatch.dispatch_issue(desk.session, dispatcher, border, to, side="G0-0-1")
    assert [one.column for one in missing.value.fields] == ["note"]
    with pytest.raises(Conflict):
        issue_dispatch.dispatch_issue(desk.session, dispatcher, desk.report(), to)


def test_every_point_near_a_border_asks(desk: Desk):
    """Against plain arithmetic on the rectangles, with the degrees of WGS 84 in metres."""
    rng = np.random.default_rng(6)
    rows = desk.session.execute(
        text("SELECT code, ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom) FROM micro_grids")
    ).all()
    codes = np.array([row[0] for row in rows])
    west, south, east, north = np.array([row[1:] for row in rows], dtype=float).T
    flagged = 0
    for lon, lat in zip(rng.uniform(120.70, 120.71, POINTS), rng.uniform(37.75, 37.758, POINTS), strict=True):
        phi = np.radians(lat)
        degree_x = 111412.84 * np.cos(phi) - 93.5 * np.cos(3 * phi)
        degree_y = 111132.92 - 559.82 * np.cos(2 * phi) + 1.175 * np.cos(4 * phi)
        across = np.maximum(np.maximum(west - lon, lon - east), 0) * degree_x
        along = np.maximum(np.maximum(south - lat, lat - north), 0) * degree_y
        distance = np.hypot(across, along)
        if (np.abs(distance - BORDER_M) < 0.02).any():
            continue  # the formulas agree with the spheroid to a centimetre
        values = {"building_id": None, "entrance_number": None, "floor": None, "near_m": BORDER_M}
        found = desk.session.execute(sql("issue_sides"), values | {"lon": lon, "lat": lat}).all()
        assert {row.code for row in found} == set(codes[distance <= BORDER_M])
        assert all(abs(row.distance_m - distance[codes == row.code][0]) < 0.02 for row in found)
        flagged += len(found) > 1
    # Five borders across 880 m and three along 888 m, 30 m wide: 1 - (1 - 0.170) * (1 - 0.101) = 0.25.
    assert 0.2 < flagged / POINTS < 0.31


def test_a_building_that_straddles_a_border_asks_unless_the_part_is_named(desk: Desk):
    dispatcher = desk.people["dispatcher"]
    run = desk.session.execute
    issue = issues.create_issue(desk.session, dispatcher, category="leak", building_id=HOME)

    def sides(entrance: int | None = None, floor: int | None = None) -> list[str]:
        run(
            text("UPDATE issues SET entrance_number = :e, floor = :f WHERE id = :id"),
            {"e": entrance, "f": floor, "id": issue},
        )
        found = issue_dispatch.list_receivers(desk.session, dispatcher, issue)
        return [one.code for one in found.sides]

    assert sides() == ["G0-0-1"]
    # Its ground reaches 14 m over the border of the grid on the west: a tenth of it.
    run(text("UPDATE buildings SET geom = ST_Translate(geom, 0.00024, 0) WHERE id = :id"), {"id": HOME})
    assert sides() == ["G0-0-1", "G0-0-2"]
    run(text("UPDATE buildings SET geom = ST_Translate(geom, -0.00024, 0) WHERE id = :id"), {"id": HOME})
    # Entrance 1 to one micro-grid; of entrance 2 the lower floors, too.
    run(text("DELETE FROM assignments WHERE building_id = :id"), {"id": HOME})
    parts = [("e1", 1, None, None, 1), ("e2l", 2, 1, 3, 1), ("e2u", 2, 4, 6, 2)]
    for atom, number, low, high, cell in parts:
        run(
            text(
                "INSERT INTO assignments (plan_id, atom, building_id, entrance_number, floor_from, floor_to,"
                " households, households_estimated, micro_grid_id)"
                " VALUES (1, :atom, :id, :number, :low, :high, 4, false, :cell)"
            ),
            {"atom": atom, "id": HOME, "number": number, "low": low, "high": high, "cell": 10000000 + cell},
        )
    assert sorted(sides()) == ["G0-0-1", "G0-0-2"]
    assert sides(entrance=1) == ["G0-0-1"]
    assert sorted(sides(entrance=2)) == ["G0-0-1", "G0-0-2"]
    assert sides(entrance=2, floor=5) == ["G0-0-2"]


def test_what_open311_sent_is_told_in_the_readers_words(desk: Desk):
    issue = desk.report(category="noise")
    desk.session.execute(
        text(
            "INSERT INTO open311_requests (issue_id, address, attributes)"
            """ VALUES (:id, '东风路 8 号', '{"hours": ["night"], "gone": ["x"]}')"""
        ),
        {"id": issue},
    )
    sent = issue_details.get_issue(desk.session, desk.people["official"], issue, language="en")["sent"]
    assert sent.address == "东风路 8 号"
    said = {one.question: one.answers for one in sent.answers}
    assert said == {"At what time of day?": ["Night"], "gone": ["x"]}
    assert issue_details.get_issue(desk.session, desk.people["field"], issue)["sent"] is None
