"""Accounts as a service: creating, refusing, scopes, and one audit row for each change."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import text

import gridmap.services
from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound, NotSignedIn
from gridmap.formats.rosters import Roster
from gridmap.models import IssuePhoto
from gridmap.models.accounts import ACCOUNT_ROLES
from gridmap.services import (
    accounts,
    building_codes,
    comments,
    coverage_months,
    coverage_rules,
    field_entries,
    graph_edits,
    handoff_lists,
    issue_births,
    issue_clocks,
    issue_exports,
    issue_photos,
    issues,
    locks,
    notice_reaches,
    notices,
    open311_keys,
    open311_register,
    open311_reports,
    orders,
    photo_releases,
    roster_patterns,
    roster_shifts,
    rosters,
    tokens,
    visits,
    webhooks,
    workload_suggestions,
)
from gridmap.services.actors import PERMISSIONS, SYSTEM, VISITOR, Actor, require
from gridmap.services.graph_edits import Place
from tests.spatial_city import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

PASSWORD = "correct horse"


def reasons(refused: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str]]:
    return [(field.column, field.reason) for field in refused.value.fields]


def test_an_account_signs_in_as_what_it_is(session: Session, connection: Connection) -> None:
    fill(connection, columns=6, rows=2, staff=12, days=1, issues=1)
    accounts.create_account(
        session,
        SYSTEM,
        "网格员3号",
        role="field",
        password=PASSWORD,
        area_codes=["S0", "C1-0", "S0"],
        staff_code="P000003",
        language="en",
    )
    actor = accounts.sign_in(session, "网格员3号", PASSWORD, "10.0.0.1")
    assert actor is not None
    assert (actor.role, actor.language, actor.staff_id) == ("field", "en", 3)
    assert actor.area_ids == (10, 2000)
    assert accounts.sign_in(session, "网格员3号", "wrong", "10.0.0.1") is None


def test_an_admin_without_areas_sees_the_whole_city(session: Session) -> None:
    accounts.create_account(session, SYSTEM, "root", role="admin")
    assert accounts.actor_of_account(session, "root").area_ids is None


def test_everything_wrong_is_said_at_once(session: Session) -> None:
    with pytest.raises(BadInput) as refused:
        accounts.create_account(
            session,
            SYSTEM,
            " x",
            role="king",
            password="short",
            area_codes=["nowhere"],
            staff_code="P9",
            language="fr",
        )
    assert reasons(refused) == [
        ("username", "account_bad_username"),
        ("role", "api_not_one_of"),
        ("language", "api_not_one_of"),
        ("password", "account_password_length"),
        ("areas", "account_no_such_area"),
        ("staff_code", "account_no_such_staff"),
    ]
    assert session.scalar(text("SELECT count(*) FROM accounts")) == 0


def test_who_is_not_admin_needs_areas(session: Session) -> None:
    with pytest.raises(BadInput) as refused:
        accounts.create_account(session, SYSTEM, "x", role="planner", password="X" * 8)
    assert reasons(refused) == [("areas", "account_areas_needed")]


def test_a_password_is_not_the_name(session: Session) -> None:
    with pytest.raises(BadInput) as refused:
        accounts.create_account(session, SYSTEM, "Administrator", role="admin", password="administrator")
    assert reasons(refused) == [("password", "account_password_is_name")]


def test_a_name_is_taken_once(session: Session) -> None:
    accounts.create_account(session, SYSTEM, "x", role="admin")
    with pytest.raises(Conflict):
        accounts.create_account(session, SYSTEM, "x", role="admin")


def test_a_password_is_kept_as_argon2id(session: Session) -> None:
    account = accounts.create_account(session, SYSTEM, "x", role="admin", password=PASSWORD)
    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$")
    assert PASSWORD not in account.password_hash


def test_nobody_switches_off_himself(session: Session) -> None:
    accounts.create_account(session, SYSTEM, "root", role="admin")
    root = accounts.actor_of_account(session, "root")
    with pytest.raises(Conflict):
        accounts.set_active(session, root, "root", False)


def test_a_switched_off_account_acts_no_more(session: Session) -> None:
    accounts.create_account(session, SYSTEM, "x", role="admin")
    token, _ = tokens.issue_token(session, SYSTEM, "x", "machine")
    assert accounts.actor_of_token(session, token) is not None
    accounts.set_active(session, SYSTEM, "x", False)
    assert accounts.actor_of_token(session, token) is None
    with pytest.raises(NotFound):
        accounts.actor_of_account(session, "x")


@pytest.mark.parametrize("days", [0, 367])
def test_a_token_ends_within_a_year(session: Session, days: int) -> None:
    accounts.create_account(session, SYSTEM, "x", role="admin")
    with pytest.raises(BadInput) as refused:
        tokens.issue_token(session, SYSTEM, "x", "machine", days=days)
    assert reasons(refused) == [("days", "api_out_of_range")]


def test_the_table_of_permissions_knows_only_real_roles() -> None:
    for action, roles in PERMISSIONS.items():
        assert roles <= set(ACCOUNT_ROLES), action
        assert "admin" in roles or roles == {"field"}, action  # what only a post can do
    with pytest.raises(NotSignedIn):
        require(VISITOR, "places.read")
    with pytest.raises(NotAllowed):
        require(Actor(1, "x", "field"), "plans.publish")


# Every service that changes something leaves one audit row, in the same transaction.


def _report(session: Session) -> None:
    issues.create_issue(session, SYSTEM, category="noise", building_id=100000011)


def _picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    return out.getvalue()


def _photographed(session: Session) -> tuple[int, int]:
    issue_id = _reported(session)
    photo = IssuePhoto(issue_id=issue_id, content=b"x", width=1, height=1)
    session.add(photo)
    session.flush()
    return issue_id, photo.id


def _told(session: Session) -> int:
    added = "INSERT INTO webhook_targets (address, secret) VALUES ('http://10.0.0.1/', 's') RETURNING id"
    return int(session.execute(text(added)).scalar_one())


def _reported(session: Session) -> int:
    added = (
        "INSERT INTO issues (source, source_id, category, state, reported_at, geom)"
        " VALUES ('town', '1', 'noise', 'reported', now(), 'SRID=4326;POINT(120.7 37.7)') RETURNING id"
    )
    return int(session.execute(text(added)).scalar_one())


def _edit_edge(session: Session) -> int:
    places = Place(100000011), Place(100000012, 2)
    edit = graph_edits.edit_edge(session, SYSTEM, *places, action="remove", reason="院墙")
    return int(edit.id)


def _drop_edge_edit(session: Session) -> None:
    edit = session.scalar(
        text(
            "INSERT INTO graph_edits (grid_id, building_a_id, building_b_id, action, reason)"
            " VALUES (1000000, 100000011, 100000012, 'add', '便门') RETURNING id"
        )
    )
    graph_edits.drop_edge_edit(session, SYSTEM, edit or 0)


def _resolve_comment(session: Session) -> None:
    comment = session.scalar(
        text("INSERT INTO plan_comments (plan_id, words) VALUES (1, '看一下') RETURNING id")
    )
    comments.resolve_comment(session, SYSTEM, 1, comment or 0)


def _acknowledge_handoff(session: Session) -> None:
    session.execute(
        text("INSERT INTO handoffs (plan_id, staff_id, effective_on) VALUES (1, 3, '2026-11-21')")
    )
    handoff_lists.acknowledge_handoff(session, replace(SYSTEM, staff_id=3), 1)


def _notice(session: Session) -> int:
    added = (
        "INSERT INTO notices (client_id, area_id, title, text, sent_at, households, remind_after_minutes)"
        " VALUES (gen_random_uuid(), 1000000, '停水', '明天停水。', now(), 13, 60) RETURNING id"
    )
    notice = int(session.execute(text(added)).scalar_one())
    part = (
        "INSERT INTO notice_parts (notice_id, building_id, micro_grid_code, households, households_estimated)"
        " VALUES (:id, 100000011, 'G0-0-1', 13, false)"
    )
    receiver = "INSERT INTO notice_receivers (notice_id, staff_id, micro_grid_code) VALUES (:id, 3, 'G0-0-1')"
    for row in (part, receiver):
        session.execute(text(row), {"id": notice})
    return notice


def _order(session: Session) -> int:
    added = (
        "INSERT INTO orders (client_id, kind, title, area_id, state)"
        " VALUES (gen_random_uuid(), 'repair', '换灯泡', 1000000, 'open') RETURNING id"
    )
    return int(session.execute(text(added)).scalar_one())


def _create_rule(session: Session) -> None:
    named = {"name_zh": "规则", "name_en": "A rule", "target_share": 0.5, "counted_by": "places"}
    given = {"by": ["property_company"]}
    coverage_rules.create_rule(session, SYSTEM, "ours", "served", parameters=given, **named)


def _pattern(session: Session) -> int:
    pattern = session.scalar(
        text(
            "INSERT INTO shift_patterns (staff_id, station_id, weekdays, starts_time, ends_time, zone,"
            " valid_from, on_holidays) SELECT id, station_id, '{1}', '08:00', '17:00', 'Asia/Shanghai',"
            " '2026-01-01', 'rests' FROM staff LIMIT 1 RETURNING id"
        )
    )
    return pattern or 0


def _single_shift(session: Session) -> int:
    shift = session.scalar(
        text(
            "INSERT INTO shifts (staff_id, station_id, spot, starts_at, ends_at)"
            " SELECT f.id, t.id, t.geom, now() + interval '99 days', now() + interval '100 days'"
            " FROM staff f JOIN stations t ON t.id = f.station_id LIMIT 1 RETURNING id"
        )
    )
    return shift or 0


def _except(session: Session, *, drop: bool = False) -> None:
    pattern = _pattern(session)
    if not drop:
        roster_patterns.set_exception(session, SYSTEM, pattern, {"day": "2026-11-16"})
        return
    row = "INSERT INTO pattern_exceptions (pattern_id, day, is_off) VALUES (:pattern, '2026-11-16', true)"
    session.execute(text(row), {"pattern": pattern})
    roster_patterns.drop_exception(session, SYSTEM, pattern, date(2026, 11, 16))


def _add_pattern(session: Session) -> None:
    said = {"staff_code": "P000003", "weekdays": "2", "from": "08:00", "to": "09:00"}
    place = {"area_code": "S0", "valid_from": "2026-01-01"}
    roster_patterns.add_pattern(session, SYSTEM, said | place)


def _revoke_key(session: Session) -> None:
    row = "INSERT INTO open311_keys (application, digest, per_hour) VALUES ('x', 'x', 1) RETURNING id"
    open311_keys.revoke_key(session, SYSTEM, session.scalar(text(row)) or 0)


def _revoke_codes(session: Session) -> None:
    session.execute(text("INSERT INTO building_codes (building_id, digest) VALUES (100000011, 'x')"))
    building_codes.revoke_codes(session, SYSTEM, 100000011)


def _report_by_open311(session: Session) -> None:
    report = open311_reports.Report(service_code="leak", address_id="100000011")
    open311_reports.report_request(session, SYSTEM, report)


def _visit(session: Session) -> None:
    visit = visits.VisitEntry(
        uuid4(), 100000011, "key", datetime(2026, 11, 4, tzinfo=UTC), staff_code="P000003"
    )
    visits.record_visits(session, SYSTEM, [visit])


def _send_entry(session: Session) -> None:
    sent = field_entries.SentEntry(
        uuid4(),
        "visit",
        datetime(2026, 11, 4, tzinfo=UTC),
        {
            "record": str(uuid4()),
            "fields": {"building_id": 100000011, "kind": "key", "visited_at": "2026-11-04T01:00:00Z"},
        },
    )
    post = Actor(None, "x", "field", None, staff_id=3)
    (answer,) = field_entries.take_entries(session, post, [sent], client_version=1)
    assert answer.state == "stored"


WRITERS: dict[str, Callable[[Session], object]] = {
    "accounts.create_account": lambda s: accounts.create_account(s, SYSTEM, "new", role="admin"),
    "accounts.set_password": lambda s: accounts.set_password(s, SYSTEM, "x", "another one"),
    "accounts.change_password": lambda s: accounts.change_password(
        s, accounts.actor_of_account(s, "x"), PASSWORD, "another one"
    ),
    "accounts.set_active": lambda s: accounts.set_active(s, SYSTEM, "x", False),
    "accounts.end_sessions": lambda s: accounts.end_sessions(s, accounts.actor_of_account(s, "x")),
    "accounts.set_language": lambda s: accounts.set_language(s, accounts.actor_of_account(s, "x"), "en"),
    "tokens.issue_token": lambda s: tokens.issue_token(s, SYSTEM, "x", "machine"),
    "tokens.revoke_token": lambda s: tokens.revoke_token(
        s, SYSTEM, "x", s.scalar(text("SELECT id FROM api_tokens")) or 0
    ),
    "issues.create_issue": _report,
    "issue_photos.add_photo": lambda s: issue_photos.add_photo(s, SYSTEM, _reported(s), _picture()),
    "photo_releases.release_photo": lambda s: photo_releases.release_photo(
        s, SYSTEM, *_photographed(s), is_public=True
    ),
    "issue_photos.remove_photo": lambda s: issue_photos.remove_photo(s, SYSTEM, *_photographed(s)),
    "building_codes.issue_codes": lambda s: building_codes.issue_codes(s, SYSTEM, building_id=100000011),
    "building_codes.revoke_codes": _revoke_codes,
    "notices.send_notice": lambda s: notices.send_notice(s, SYSTEM, uuid4(), "G0-0", "停水", "明天停水。"),
    "notices.close_notice": lambda s: notices.close_notice(s, SYSTEM, _notice(s)),
    "notice_reaches.reach_buildings": lambda s: notice_reaches.reach_buildings(
        s, SYSTEM, _notice(s), [100000011]
    ),
    "notice_reaches.acknowledge_notices": lambda s: notice_reaches.acknowledge_notices(
        s, replace(SYSTEM, staff_id=3), [_notice(s)]
    ),
    "orders.create_order": lambda s: orders.create_order(
        s, SYSTEM, orders.OrderDraft(uuid4(), "repair", "换灯泡", building_id=100000011)
    ),
    "orders.take_order_step": lambda s: orders.take_order_step(s, SYSTEM, _order(s), "withdraw"),
    "webhooks.add_target": lambda s: webhooks.add_target(s, SYSTEM, "http://10.0.0.1/", allow_private=True),
    "webhooks.switch_target": lambda s: webhooks.switch_target(s, SYSTEM, _told(s), is_on=False),
    "webhooks.send_trial": lambda s: webhooks.send_trial(s, SYSTEM, _told(s)),
    "webhooks.remove_target": lambda s: webhooks.remove_target(s, SYSTEM, _told(s)),
    "webhooks.revive_deliveries": lambda s: webhooks.revive_deliveries(s, SYSTEM, _told(s)),
    "issue_exports.export_issues": lambda s: issue_exports.export_issues(s, SYSTEM, issues.EVERYTHING),
    "issue_births.give_secret": lambda s: issue_births.give_secret(s, SYSTEM, _reported(s)),
    "issue_clocks.create_clock_rule": lambda s: issue_clocks.create_clock_rule(
        s, SYSTEM, "", date(2099, 1, 1), working_days=True
    ),
    "locks.lock_micro_grids": lambda s: locks.lock_micro_grids(s, SYSTEM, 1, ["G0-0-1"]),
    "graph_edits.edit_edge": _edit_edge,
    "graph_edits.drop_edge_edit": _drop_edge_edit,
    "comments.add_comment": lambda s: comments.add_comment(s, SYSTEM, 1, "看一下", micro_grid="G0-0-1"),
    "comments.resolve_comment": _resolve_comment,
    "handoff_lists.acknowledge_handoff": _acknowledge_handoff,
    "coverage_rules.create_rule": _create_rule,
    "coverage_rules.change_rule": lambda s: coverage_rules.change_rule(s, SYSTEM, 1, target_share=0.5),
    "coverage_months.measure_months": lambda s: coverage_months.measure_months(s, SYSTEM),
    "coverage_months.measure_yesterday": coverage_months.measure_yesterday,
    "rosters.load_roster": lambda s: rosters.load_roster(s, SYSTEM, Roster("roster.csv", ())),
    "rosters.drop_shift": lambda s: rosters.drop_shift(s, SYSTEM, _single_shift(s)),
    "rosters.drop_pattern": lambda s: rosters.drop_pattern(s, SYSTEM, _pattern(s)),
    "roster_patterns.add_pattern": _add_pattern,
    "roster_patterns.change_pattern": lambda s: roster_patterns.change_pattern(
        s, SYSTEM, _pattern(s), {"valid_to": "2026-12-01"}
    ),
    "roster_patterns.set_exception": _except,
    "roster_patterns.drop_exception": lambda s: _except(s, drop=True),
    "rosters.set_role_phone": lambda s: rosters.set_role_phone(s, SYSTEM, "police", "110"),
    "roster_shifts.unroll_every_night": roster_shifts.unroll_every_night,
    "open311_keys.issue_key": lambda s: open311_keys.issue_key(s, SYSTEM, "app"),
    "open311_keys.revoke_key": _revoke_key,
    "open311_register.load_services": lambda s: open311_register.load_services(s, SYSTEM, "x.json", "[]"),
    "open311_reports.report_request": _report_by_open311,
    "field_entries.take_entries": _send_entry,
    "visits.record_visits": _visit,
    "workload_suggestions.accept_suggestion": lambda s: workload_suggestions.accept_suggestion(
        s, SYSTEM, "P000003", "building", 100000011
    ),
}
# Audited where they are tested: they need files, an engine or a database with real commits.
AUDITED_ELSEWHERE = {
    "issue_steps": "tests/db/test_issue_steps.py, with somebody of every role",
    "issue_dispatch": "a step with its reason: tests/db/test_issue_desk.py",
    "issue_duplicates": "a report and a step, each audited: tests/db/test_issue_desk.py",
    "resident_reports": "a report and its link, each audited: tests/browser/test_resident_pages.py",
    "resident_follows": "a step, audited: tests/browser/test_resident_pages.py",
    "issue_escalations": "tests/db/test_issue_escalations.py, with the passing of time",
    "notice_reminders": "tests/db/test_notices.py, with the passing of time",
    "public_figures": "tests/db/test_public_figures.py, with the passing of time",
    "retention": "tests/db/test_retention.py, with the passing of time",
    "areas": "tests/db, with what derives areas",
    "exchange": "tests/db, with the loaders",
    "staging": "no entrance of its own: the loaders' inside",
    "plans": "tests/db, with the engine; and in tests/api/test_plans.py",
    "plan_runs": "tests/db, with the engine",
    "plan_lives": "tests/db/test_plan_lives.py, with the engine",
    "waivers": "tests/db/test_waivers.py, with the engine",
    "redraws": "tests/db/test_redraws.py, with the engine",
    "redraw_log": "reads what redraws wrote",
    "divisions": "no entrance of its own: what redraws work on",
    "division_rows": "no entrance of its own: the inside of redraws",
    "division_views": "reads divisions",
    "presences": "who is at work, forgotten after a minute",
    "plan_imports": "tests/db, with files",
    "plan_import_runs": "tests/db/test_plan_import_runs.py, with files and workers",
    "plan_drafts": "no entrance of its own: the end of an import",
    "plan_colours": "no entrance of its own: the end of a plan's making",
    "walking": "no entrance of its own: what follows from loading roads",
    "demo": "goes through the loaders and the services above",
    "demo_heads": "goes through the loaders",
    "demo_notices": "goes through sending notices",
    "demo_orders": "goes through writing orders",
    "demo_listings": "goes through the loaders",
    "demo_rosters": "goes through loading a roster",
    "demo_visits": "goes through loading visits",
}
READS = (
    "list_",
    "get_",
    "find_",
    "count_",
    "describe_",
    "check_",
    "compare_",
    "actor_of_",
    "build_",
    "require_",
)
# They change nothing of the city: no audit row.
SILENT = {
    "accounts.sign_in": "counts failures, which are deleted after a quarter of an hour",
    "audit.record": "it is the audit",
    "building_codes.note_use": "counts for a limit, deleted after a day",
    "building_codes.open_code": "counts tries that miss, deleted after a day",
    "field_visits.take_visit": "part of what a phone sends, which is audited as one",
    "field_visits.take_removal": "part of what a phone sends, which is audited as one",
    "field_visits.write_visit": "part of what a phone sends, which is audited as one",
    "field_steps.take_field_step": "part of what a phone sends; a step taken has its own audit",
    "field_steps.take_chain": "part of what a phone sends; a step taken has its own audit",
    "field_steps.lock_issue": "part of a step",
    "field_notices.take_acknowledgement": "part of what a phone sends; acknowledging has its own audit",
    "field_notices.take_reach": "part of what a phone sends; reaching has its own audit",
    "station_sign_ins.take_sign_in": "part of what a phone sends, which is audited as one",
    "field_orders.take_order": "part of what a phone sends; an order and its steps have their own audit",
    "field_resolutions.take_resolution": "part of what a phone sends, which is audited as one",
    "issue_contests.contest": "writes its audit row with the steps it takes back",
    "issue_clocks.renew_clocks": "part of loading a calendar, which is audited as a roster",
    "issue_photos.attach_photos": "part of adding photos or reporting an issue, which are audited",
    "jobs.remove_finished": "what is over; what it did has its audit",
    "issue_births.begin_issue": "part of reporting an issue",
    "issue_clocks.write_clocks": "part of reporting an issue and of each step",
    "issue_merges.lock_parent": "part of a step",
    "issue_merges.move_children": "part of a step, whose audit row tells their number",
    "issue_merges.follow": "part of a step, whose audit row tells their number",
    "jobs.defer": "part of a change that is audited by its service",
    "locks.write_locked_buildings": "part of a redraw, which is audited",
    "roster_shifts.unroll_patterns": "part of loading a roster, postings or shifts, and of the night's job",
    "webhooks.call_sender": "part of a step, which is audited",
    "bulk_indexes.indexes_made_after": "indexes are as before when it ends",
    "column_writes.write_columns": "part of a load, which is audited",
    "issue_loads.write_staged_issues": "part of a load, which is audited",
    "handoffs.carry_over": "part of a publication, whose audit row tells its figures",
}


def _writing_services() -> set[str]:
    """Walk the public functions of all services that take a session and whose name is not one of reading."""
    found = set()
    for module in pkgutil.iter_modules(gridmap.services.__path__):
        if module.name in AUDITED_ELSEWHERE:
            continue
        services = importlib.import_module(f"gridmap.services.{module.name}")
        for name, function in inspect.getmembers(services, inspect.isfunction):
            takes = inspect.signature(function).parameters
            if function.__module__ != services.__name__ or name.startswith(("_", *READS)):
                continue
            if "session" in takes:
                found.add(f"{module.name}.{name}")
    return found


QUESTIONS = {
    "column_reads.read_columns",
    "column_reads.reading_ahead",
    "coverage.gaps_by_walk",
    "coverage.gaps_without_posting",
    "coverage_files.frame_answer",
    "coverage_pages.coverage_page",
    "coverage_register.list_kinds",
    "coverage_rules.sum_by_area",
    "coverage_words.define_rule",
    "duty.nearest_on_duty",
    "heat_counts.choose_incidents",
    "heat_counts.choose_issues",
    "heat_layers.heat_frames",
    "heat_layers.heat_layer",
    "heat_plays.play_layer",
    "heat_breaks.find_breaks",
    "heat_exports.read_picture",
    "heat_surfaces.heat_surface",
    "listings.export_listings",
    "field_codes.answers_for",
    "issue_clocks.read_calendar",
    "issue_photos.photo_of",
    "photo_releases.may_release",
    "issue_legality.refusal",
    "locks.who_locked",
    "maps.heat_map_page",
    "plan_export.export_plan",
    "plan_frames.read_batch",
    "plan_frames.read_frame",
    "plan_frames.write_result",
    "rows.fetch",
    "siting_cases.name_junctions",
    "siting_uploads.read_candidates",
    "staff.my_buildings",
    "staff.my_micro_grids",
}


def test_every_writing_service_is_known() -> None:
    assert _writing_services() - QUESTIONS == set(WRITERS) | set(SILENT)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_change_leaves_one_audit_row(writer: str, session: Session, connection: Connection) -> None:
    fill(connection, columns=2, rows=2, staff=3, days=1, issues=0)
    accounts.create_account(session, SYSTEM, "x", role="admin", password=PASSWORD)
    tokens.issue_token(session, SYSTEM, "x", "first")
    before = session.scalar(text("SELECT count(*) FROM audit_entries")) or 0
    WRITERS[writer](session)
    rows = session.execute(text("SELECT * FROM audit_entries ORDER BY id OFFSET :n"), {"n": before}).all()
    assert len(rows) == 1
    assert rows[0].details["by"] in {"system", "x"}
    assert PASSWORD not in str(rows[0].details)
