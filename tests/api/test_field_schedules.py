"""Three phones without signal in random schedules: nothing lost, doubled or blocked, one state in any order.

A schedule is what three devices write: visits, edits, removals, issues, chains of steps on one issue, things
of an old client version, and plain mistakes, by clocks up to three days wrong. It is delivered twice, each
time into fresh records: messages are cut, reordered, dropped on the way there or back, sent again, until
everything is answered. Both deliveries must end in the same state, by a look at the tables alone.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import text

from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from tests.api.conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy.orm import Session

ENTRIES = "/api/v1/field/entries"
AT_ONCE = 25
"""Schedules that one delivery carries: a phone has more than one thing to tell."""
BUILDINGS = {"P000003": 100_000_041, "P000006": 100_000_011}
FIXED = {"outcome": "fixed", "note": "已修好"}
CANNOT = {"outcome": "cannot_fix", "note": "没有配件"}
GIVEN = {"settle": FIXED, "settle-": CANNOT, "escalate": {"note": "办不了"}}
CHAINS = (
    ("accept",),
    ("escalate",),
    ("accept", "settle"),
    ("accept", "settle-"),
    ("accept", "escalate"),
    ("escalate", "accept", "settle"),
)
"""Legal from the beginning, by the register."""
ANSWERED = {"stored", "known", "held", "conflict", "refused"}


@dataclass
class Written:
    """An entry by labels; `uuid_of` of a delivery makes it real."""

    label: str
    device: int
    what: str
    body: dict[str, Any]
    is_wrong: bool = False


@dataclass
class Schedule:
    """What three devices write."""

    number: int
    posts: tuple[str, ...]
    entries: list[Written] = field(default_factory=list)


def write_schedule(number: int, posts: tuple[str, ...], chance: random.Random) -> Schedule:
    """Make up what three devices write, one after the other; each sees what it sees of the rest."""
    schedule = Schedule(number, posts)
    records: dict[str, list[str]] = {}
    for turn in range(chance.randrange(4, 10)):
        device = chance.randrange(3)
        label = f"{number}.{turn}"
        mine = [one for one in records if one.startswith(posts[device])]
        kind = chance.choices(("visit", "edit", "removal", "chain", "issue", "wrong"), (3, 4, 2, 2, 1, 1))[0]
        if kind in ("edit", "removal") and not mine:
            kind = "visit"
        if kind == "visit":
            record = f"{posts[device]}/{label}"
            records[record] = [label]
            fields = {"building_id": BUILDINGS[posts[device]], "kind": "key", "visited_at": "-1"}
            body = {"record": record, "fields": fields, "seen": [], "counter": 0}
            schedule.entries.append(Written(label, device, "visit", body))
        elif kind in ("edit", "removal"):
            record = chance.choice(mine)
            seen = [one for one in records[record] if chance.random() < 0.6]
            body = {"record": record, "seen": seen, "counter": len(seen)}
            body |= {"of": "visit"} if kind == "removal" else {"fields": some_fields(chance)}
            schedule.entries.append(Written(label, device, "removal" if kind == "removal" else "visit", body))
            records[record].append(label)
        elif kind == "chain":
            write_chain(schedule, device, label, {"issue_id": "shared", "version": 0}, chance.choice(CHAINS))
        elif kind == "issue":
            fields = {"category": "lift", "text": "停了", "building_id": BUILDINGS[posts[device]]}
            schedule.entries.append(Written(label, device, "issue", {"fields": fields}))
            write_chain(schedule, device, f"{label}x", {"issue": label, "version": 0}, chance.choice(CHAINS))
        else:
            schedule.entries.append(write_mistake(label, device, posts[device], chance))
    return schedule


def some_fields(chance: random.Random) -> dict[str, Any]:
    """Some fields of a visit, written again."""
    values = {
        "note": chance.choice(("甲", "乙", None)),
        "kind": chance.choice(("full", "daily")),
        "visited_at": chance.choice(("-2", "-3")),
    }
    names = chance.sample(["note", "kind", "visited_at"], chance.randrange(1, 3))
    return {name: values[name] for name in names}


def write_chain(
    schedule: Schedule, device: int, label: str, where: dict[str, Any], chain: tuple[str, ...]
) -> None:
    """Write steps one after the other."""
    after = None
    for place, action in enumerate(chain):
        body = dict(where) | {"action": action.rstrip("-"), "given": GIVEN.get(action, {})}
        if after is not None:
            body = {key: value for key, value in body.items() if key != "version"} | {"after": after}
        after = f"{label}-{place}"
        schedule.entries.append(Written(after, device, "step", body))


def write_mistake(label: str, device: int, post: str, chance: random.Random) -> Written:
    """Write what the server must refuse, whenever it comes."""
    theirs = next(building for code, building in BUILDINGS.items() if code != post)
    fields = {"building_id": theirs, "kind": "key", "visited_at": "-1"}
    mistakes = (
        Written(
            label, device, "dance", {"with": "whom"}
        ),  # of a client version that the server does not know
        Written(label, device, "visit", {"record": f"{post}/{label}", "fields": fields, "colour": "red"}),
        Written(label, device, "visit", {"record": f"{post}/{label}", "fields": fields}),
        Written(
            label, device, "step", {"issue_id": "shared", "version": 0, "action": "settle", "given": FIXED}
        ),
        Written(label, device, "step", {"issue_id": 999_999, "version": 0, "action": "accept"}),
    )
    chosen = chance.choice(mistakes)
    chosen.is_wrong = True
    return chosen


def report_issues(session: Session, schedules: list[Schedule]) -> dict[int, int]:
    """Report the issue that each schedule is about."""
    query = text(
        "WITH made AS (INSERT INTO issues"
        " (source, source_id, category, state, reported_at, building_id, grid_id, geom)"
        " SELECT 'town', gen_random_uuid(), 'water', 'reported', now(), b.id, b.grid_id, ST_Centroid(b.geom)"
        " FROM buildings b, generate_series(1, :number) WHERE b.id = :building RETURNING id)"
        " INSERT INTO issue_events (issue_id, at, to_state, action)"
        " SELECT id, now(), 'reported', 'report' FROM made RETURNING issue_id"
    )
    values = {"number": len(schedules), "building": BUILDINGS["P000003"]}
    return {one.number: row for one, row in zip(schedules, session.scalars(query, values), strict=True)}


class Delivery:
    """Schedules brought to the server once, into fresh records."""

    def __init__(
        self,
        session: Session,
        callers: dict[str, Caller],
        schedules: list[Schedule],
        began: datetime,
        number: int,
    ) -> None:
        self._session, self._callers, self._began = session, callers, began
        self._number = number
        self._chance = random.Random(number)
        self._ids: dict[str, str] = {}
        self._issues = report_issues(session, schedules)
        self._schedules = schedules
        self._ahead = [timedelta(minutes=self._chance.randrange(-4320, 4320)) for _ in range(3)]
        self._made = {
            entry.label: self._make(schedule, entry) for schedule in schedules for entry in schedule.entries
        }
        self.states: dict[str, str] = {}

    def id_of(self, label: str) -> str:
        """The UUID of an entry or a record."""
        digest = hashlib.sha256(label.encode()).digest()[:14] + self._number.to_bytes(2)
        return self._ids.setdefault(
            label, str(UUID(bytes=digest))
        )  # another one each time, in the same order

    def _make(self, schedule: Schedule, entry: Written) -> dict[str, Any]:
        body = dict(entry.body)
        for name in ("record", "issue", "after", "conflict"):
            if name in body:
                body[name] = self.id_of(body[name])
        if "seen" in body:
            body["seen"] = [self.id_of(one) for one in body["seen"]]
        if body.get("issue_id") == "shared":
            body["issue_id"] = self._issues[schedule.number]
        if "visited_at" in body.get("fields", {}):
            hours = int(body["fields"]["visited_at"])
            told = self._began + timedelta(hours=hours) + self._ahead[entry.device]
            body["fields"] = body["fields"] | {"visited_at": told.isoformat()}
        made_at = (self._began + self._ahead[entry.device]).isoformat()
        return {"id": self.id_of(entry.label), "what": entry.what, "made_at": made_at} | body

    def run(self) -> None:
        """Deliver until every entry is answered; then send some once more."""
        queues: list[list[Written]] = [[], [], []]
        for schedule in self._schedules:
            for entry in schedule.entries:
                queues[entry.device].append(entry)
        rounds = 0
        while any(queues):
            rounds += 1
            assert rounds < 500, "it never comes to an end"
            device = self._chance.choice([place for place in range(3) if queues[place]])
            self._chance.shuffle(queues[device])
            chunk = queues[device][: self._chance.randrange(1, 120)]
            fate = self._chance.random()
            if fate < 0.2:
                continue  # lost on the way there
            self._send(device, chunk)
            if fate < 0.4:
                continue  # the answer was lost on the way back
            queues[device] = [entry for entry in queues[device] if entry not in chunk]
        for device in range(3):
            everything = [one for each in self._schedules for one in each.entries if one.device == device]
            self._send(device, self._chance.sample(everything, min(20, len(everything))))

    def _send(self, device: int, chunk: list[Written]) -> None:
        body = {
            "client_version": device + 1,
            "sent_at": (datetime.now(UTC) + self._ahead[device]).isoformat(),
            "items": [self._made[entry.label] for entry in chunk],
        }
        answer = self._callers[self._schedules[0].posts[device]].post(ENTRIES, body)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        items = answer.get_json()["items"]
        assert [item["id"] for item in items] == [self.id_of(entry.label) for entry in chunk]
        for entry, item in zip(chunk, items, strict=True):
            assert item["state"] in ANSWERED
            assert (item["state"] == "refused") == entry.is_wrong, (entry, item)
            self.states[entry.label] = item["state"]

    def settle(self) -> None:
        """Let a post settle each conflict: that side holds whose entry comes last by its label."""
        labels = {one: label for label, one in self._ids.items()}
        rows = self._session.execute(
            text(
                "SELECT CAST(e.id AS text) AS id, e.subject, e.subject_id, s.code FROM field_entries e"
                " JOIN staff s ON s.id = e.staff_id"
                " WHERE e.state = 'conflict' AND CAST(e.id AS text) = ANY(:ids)"
            ),
            {"ids": list(labels)},
        )
        sides: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for row in rows:
            sides.setdefault((row.subject, row.subject_id), []).append((labels[row.id], row.code))
        for found in sides.values():
            (least, _), (last, code) = min(found), max(found)
            label = f"{last}!"
            item = {"what": "resolve", "conflict": self.id_of(least), "take": self.id_of(last)}
            item |= {"id": self.id_of(label), "made_at": self._began.isoformat()}
            answer = self._callers[code].post(ENTRIES, {"client_version": 1, "items": [item]}).get_json()
            assert [one["state"] for one in answer["items"]] == ["stored"], (item, answer)

    def look(self) -> dict[str, Any]:
        """What the tables say, by labels."""
        labels = {one: label for label, one in self._ids.items()}
        rows = self._session.execute(
            text(
                "SELECT CAST(id AS text) AS id, state FROM field_entries WHERE CAST(id AS text) = ANY(:ids)"
            ),
            {"ids": list(labels)},
        ).all()
        kept = {labels[row.id]: row.state for row in rows}
        return {
            "entries": kept,
            "visits": self._look_at_visits(labels),
            "issues": {number: self._look_at_issue(issue) for number, issue in self._issues.items()},
            "reported": self._look_at_reports(labels),
        }

    def _look_at_visits(self, labels: dict[str, str]) -> dict[str, Any]:
        query = text(
            "SELECT CAST(client_id AS text) AS id, kind, note, visited_at, building_id, staff_id FROM visits"
            " WHERE CAST(client_id AS text) = ANY(:ids)"
        )
        found = self._session.execute(query, {"ids": list(labels)}).all()
        assert len(found) == len({row.id for row in found})
        return {
            labels[row.id]: (row.kind, row.note, row.visited_at - self._began, row.building_id, row.staff_id)
            for row in found
        }

    def _look_at_issue(self, issue: int) -> Any:
        row = self._session.execute(
            text("SELECT state, tier, outcome, closed_at IS NULL AS open FROM issues WHERE id = :id"),
            {"id": issue},
        ).one()
        events = self._session.execute(
            text("SELECT action, outcome, details FROM issue_events WHERE issue_id = :id ORDER BY id"),
            {"id": issue},
        )
        standing: list[tuple[str, str | None]] = []
        for event in events:
            if event.action != "contest":
                standing.append((event.action, event.outcome))
            elif event.details["undoes"]:
                del standing[-event.details["undoes"] :]
        clocks = self._session.execute(
            text(
                "SELECT clock, round_number, due_at - starts_at, ended_at IS NULL, ended_how"
                " FROM issue_clocks WHERE issue_id = :id ORDER BY clock, round_number"
            ),
            {"id": issue},
        ).all()
        return tuple(row), standing, [tuple(clock) for clock in clocks]

    def _look_at_reports(self, labels: dict[str, str]) -> dict[str, Any]:
        query = text("SELECT id, source_id FROM issues WHERE source = 'gridmap' AND source_id = ANY(:ids)")
        return {
            labels[row.source_id]: self._look_at_issue(row.id)
            for row in self._session.execute(query, {"ids": list(labels)})
        }


@pytest.fixture
def posts(app: Flask, session: Session, city: None) -> dict[str, Caller]:
    """The phones of two posts, by the code of the post."""
    found = {}
    for code in BUILDINGS:
        create_account(session, SYSTEM, code, role="field", area_codes=["S0"], staff_code=code)
        token, _ = issue_token(session, SYSTEM, code, "test")
        found[code] = Caller(app, token)
    return found


def test_schedules_end_alike_in_any_order(
    session: Session, posts: dict[str, Caller], times: Callable[[int, int], int]
) -> None:
    chance = random.Random(20261121)
    began = datetime.now(UTC) - timedelta(hours=1)
    seen: Counter[str] = Counter()
    for first in range(0, times(50, 1000), AT_ONCE):
        whose = tuple(chance.choice(tuple(BUILDINGS)) for _ in range(3))
        schedules = [write_schedule(first + number, whose, chance) for number in range(AT_ONCE)]
        looks: list[dict[str, Any]] = []
        settled: list[dict[str, Any]] = []
        for order in range(2):
            delivery = Delivery(session, posts, schedules, began, 2 * first + order)
            delivery.run()
            looks.append(delivery.look())
            check_nothing_is_lost_or_doubled(schedules, looks[-1])
            delivery.settle()
            settled.append(delivery.look())
        assert looks[0] == looks[1]
        assert settled[0] == settled[1]
        seen.update(looks[0]["entries"].values())
    assert min(seen["stored"], seen["conflict"]) > 50  # both were tried


def check_nothing_is_lost_or_doubled(schedules: list[Schedule], look: dict[str, Any]) -> None:
    written = [entry for schedule in schedules for entry in schedule.entries]
    right = {entry.label for entry in written if not entry.is_wrong}
    assert set(look["entries"]) == right
    assert set(look["entries"].values()) <= {"stored", "conflict"}  # nothing is held back for ever
    assert set(look["reported"]) == {entry.label for entry in written if entry.what == "issue"}
    taken_back = {entry.body["record"] for entry in written if entry.what == "removal"}
    made = {entry.body["record"] for entry in written if entry.label in right and entry.what == "visit"}
    assert made - taken_back <= set(look["visits"]) <= made
