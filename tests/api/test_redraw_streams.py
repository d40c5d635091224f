"""Following a draft: what others do arrives once and in order, also where streams outnumber threads."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest

from gridmap.app import create_app
from gridmap.services import presences
from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.plans import publish_plan
from gridmap.services.tokens import issue_token
from gridmap.web.redraw_streams import POLL_MS, RETRY_MS
from tests.db.test_redraws import GRID_1, Drafted, atoms_of, codes_of
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

    from gridmap.db import Database
    from gridmap.settings import Settings

PATIENCE_S = 60
CLIENTS, THREADS, OPERATIONS = 8, 4, 24


class Event(NamedTuple):
    """One event as the browser hears it."""

    kind: str
    id: int | None
    data: Any


def read_events(text: str) -> list[Event]:
    """Take a piece of a stream apart; comments and `retry` are no events."""
    found = []
    for block in text.split("\n\n"):
        said = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in said:
            id_ = int(said["id"]) if "id" in said else None
            found.append(Event(said["event"], id_, json.loads(said["data"])))
    return found


class Stream:
    """A stream that is open."""

    def __init__(self, response: TestResponse) -> None:
        assert response.status_code == 200
        assert response.mimetype == "text/event-stream"
        self._response = response
        self._pieces = response.iter_encoded()
        self.retry_ms = int(re.fullmatch(rb"retry: (\d+)\n\n", next(self._pieces))[1])
        self._events = (event for piece in self._pieces for event in read_events(piece.decode()))

    def next_of(self, kind: str) -> Event:
        """Wait for the next event of a kind; the others are passed over."""
        event = next((event for event in self._events if event.kind == kind), None)
        assert event is not None, f"the stream ended without {kind}"
        return event

    def rest(self) -> list[Event]:
        """Give everything until the stream ends by itself."""
        return list(self._events)

    def close(self) -> None:
        self._response.close()


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Drafted:
    return Drafted(copy_with("drafted", Drafted.fill))


def token_of(database: Database, username: str) -> dict[str, str]:
    with database.transaction() as session:
        return {"Authorization": f"Bearer {issue_token(session, SYSTEM, username, 'test')[0]}"}


@pytest.fixture
def listen(town: Drafted, settings: Settings) -> Iterator[Callable[..., Stream]]:
    """Open streams of the draft as li."""
    client = create_app(settings, town.database).test_client()
    headers = token_of(town.database, "li")
    streams: list[Stream] = []

    def open_stream(last: int | None = None, after: int = 0) -> Stream:
        more = {} if last is None else {"Last-Event-ID": str(last)}
        path = f"/api/v1/plans/{town.plan.id}/stream?after={after}"
        streams.append(Stream(client.get(path, headers=headers | more, buffered=False)))
        return streams[-1]

    yield open_stream
    for stream in streams:
        stream.close()


def move_one(town: Drafted, to: str | None) -> int:
    """Let wu move the first atom of the grid; gives the id of the operation."""
    return town.redraw(town.wu, GRID_1, "move", atoms=[town.division().keys[0]], to=to).entry.id


def test_what_others_do_arrives_and_the_last_id_goes_on(town: Drafted, listen: Callable[..., Stream]) -> None:
    division = town.division()
    key, home = division.keys[0], division.code_of(division.labels[0])
    other = next(code for code in codes_of(division) if code != home)
    stream = listen()
    first = move_one(town, other)
    heard = stream.next_of("operation")
    assert heard.id == heard.data["operation"]["id"] == first
    assert heard.data["operation"]["by"] == "wu"
    assert heard.data["operation"]["moves"] == [[key, home, other]]
    assert heard.data["grid"]["moved"] == [[key, other]]
    assert {one["code"] for one in heard.data["grid"]["micro_grids"]} >= {home, other}
    second = move_one(town, None)
    assert stream.next_of("operation").id == second
    stream.close()
    assert listen(last=first).next_of("operation").id == second
    assert listen(after=first).next_of("operation").id == second


def test_presence_and_status_arrive_when_they_change(town: Drafted, listen: Callable[..., Stream]) -> None:
    stream, client = listen(), uuid4()
    assert stream.next_of("presence").data == {"clients": []}
    assert stream.next_of("plan").data == {"status": "draft"}
    held = codes_of(town.division())[:1]
    with town.database.transaction() as session:
        presences.say_present(session, town.wu, town.plan.id, client, grid_code=GRID_1, codes=held)
    (wu,) = stream.next_of("presence").data["clients"]
    assert (wu["client"], wu["by"], wu["grid"], wu["codes"]) == (str(client), "wu", GRID_1, held)
    with town.database.transaction() as session:
        presences.leave(session, town.wu, town.plan.id, client)
    assert stream.next_of("presence").data == {"clients": []}
    with town.database.transaction() as session:
        publish_plan(session, SYSTEM, town.plan.id)
    assert stream.next_of("plan").data == {"status": "published"}


def test_who_finds_no_thread_free_is_told_once_and_asks_again_later(
    town: Drafted, settings: Settings, listen: Callable[..., Stream]
) -> None:
    ids = [move_one(town, None), move_one(town, codes_of(town.division())[0])]
    held = [listen() for _ in range(settings.threads // 2)]
    assert {stream.retry_ms for stream in held} == {RETRY_MS}
    turned_off = listen()
    assert turned_off.retry_ms == POLL_MS
    told = turned_off.rest()
    assert [event.id for event in told if event.kind == "operation"] == ids
    assert [event.kind for event in told if event.kind != "operation"] == ["presence", "plan"]
    held[0].close()
    assert listen().retry_ms == RETRY_MS


def test_a_stranger_hears_nothing(town: Drafted, settings: Settings) -> None:
    with town.database.transaction() as session:
        create_account(session, SYSTEM, "far", role="planner", area_codes=[GRID_1])
    client = create_app(settings, town.database).test_client()
    path = f"/api/v1/plans/{town.plan.id}/stream"
    assert client.get(path, headers=token_of(town.database, "far")).status_code == 404
    assert client.get(path).status_code == 401


class Follower(threading.Thread):
    """Follows a draft as a browser does: goes on from the last id, waits as long as it is told to."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.port, self.path, self.headers = port, path, headers
        self.heard: list[int] = []
        self.is_over = threading.Event()
        self.was_turned_off = False

    def run(self) -> None:
        while not self.is_over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
            last = {"Last-Event-ID": str(self.heard[-1])} if self.heard else {}
            connection.request("GET", self.path, headers=self.headers | last)
            answer = connection.getresponse()
            retry_ms = 0
            while not self.is_over.is_set() and (line := answer.readline()):
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "id":
                    self.heard.append(int(value))
                elif name == "retry":
                    retry_ms = int(value)
            answer.close()
            connection.close()
            self.was_turned_off |= retry_ms == POLL_MS
            self.is_over.wait(retry_ms / 1000)


def test_more_streams_than_threads_leave_room_and_lose_nothing(town: Drafted, tmp_path: Path) -> None:
    division = town.division()
    atom = atoms_of(division, codes_of(division)[0])[0]
    path, headers = f"/api/v1/plans/{town.plan.id}", token_of(town.database, "wu")
    with serving(town.database, tmp_path, workers=1, threads=THREADS) as served:
        followers = [Follower(served.port, f"{path}/stream", headers) for _ in range(CLIENTS)]
        for follower in followers:
            follower.start()
        # Waits for less than a stream lasts: an answer that comes only when streams end is none.
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        try:
            done = []
            for turn in range(OPERATIONS):
                to = None if turn % 2 == 0 else codes_of(division)[1]
                body = {"op_id": str(uuid4()), "grid": GRID_1, "kind": "move"}
                body |= {"arguments": {"atoms": [atom], "to": to}}
                sent = headers | {"Content-Type": "application/json"}
                connection.request("POST", f"{path}/operations", json.dumps(body), sent)
                answer = json.load(connection.getresponse())
                done.append(answer["operation"]["id"])
            give_up_at = time.monotonic() + PATIENCE_S
            while time.monotonic() < give_up_at and any(len(f.heard) < OPERATIONS for f in followers):
                time.sleep(0.1)
        finally:
            connection.close()
            for follower in followers:
                follower.is_over.set()
            for follower in followers:
                follower.join()
    assert [follower.heard for follower in followers] == [done] * CLIENTS
    assert any(follower.was_turned_off for follower in followers)
