"""Following a draft as server-sent events: what others do, who is at work, the plan's status.

A stream holds a thread of its web process while it lasts, so half of the threads at most are lent to streams.
Who finds none free is told at once what is new and when to ask again: the stream becomes polling, nothing is
lost, because each event carries the id to go on from.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from apiflask import APIBlueprint, FileSchema
from flask import Response, current_app, request
from flask.blueprints import BlueprintSetupState
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.db import Database
from gridmap.errors import GridMapError
from gridmap.services import presences, redraw_log
from gridmap.services.actors import Actor
from gridmap.services.plans import get_plan
from gridmap.web.inputs import LARGEST_ID, Input
from gridmap.web.redraws import AnswerOut, answer_entry
from gridmap.web.sign_in import current_actor, database

redraw_streams = APIBlueprint("api_redraw_streams", __name__, url_prefix="/api/v1", tag="redraw streams")

LOOK_SECONDS = 0.5
HOLD_SECONDS = 15
BEAT_SECONDS = 2  # a browser that went away is noticed when it is written to
RETRY_MS = 500
POLL_MS = 2000
MOST_AT_ONCE = 50
SLOTS = "stream_slots"


class StreamQuery(Input):
    """Where to go on."""

    after: Annotated[int, Field(ge=0, le=LARGEST_ID, description="newest operation already seen")] = 0


@redraw_streams.record
def count_slots(state: BlueprintSetupState) -> None:
    """Lend half of this process's threads to streams; a process of one thread only answers polling."""
    threads = state.app.extensions["settings"].threads
    state.app.extensions[SLOTS] = threading.BoundedSemaphore(threads // 2)


@redraw_streams.get("/plans/<id:plan_id>/stream")
@redraw_streams.input(StreamQuery, location="query")
@redraw_streams.output(FileSchema(type="string", format="binary"), content_type="text/event-stream")
def follow(plan_id: int, query_data: StreamQuery) -> Response:
    """Follow what others do to a draft, as server-sent events"""
    opened = database()
    with opened.transaction() as session:
        actor = current_actor(session)
        get_plan(session, actor, plan_id)
    last = request.headers.get("Last-Event-ID", "")
    sequence = int(last) if re.fullmatch(r"[0-9]{1,18}", last) else query_data.after
    events = _events(opened, News(actor, plan_id, sequence), current_app.extensions[SLOTS])
    return Response(events, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})


@dataclass
class News:
    """What one browser has not been told yet.

    Attributes
    ----------
    sequence
        Id of the newest operation it was told.
    told
        What else it was told last, by kind of event.
    is_behind
        Whether there may be more operations than one look took.
    """

    actor: Actor
    plan_id: int
    sequence: int
    told: dict[str, Any] = field(default_factory=dict)
    is_behind: bool = False

    def look(self, session: Session) -> list[str]:
        """List the events since the last look; raises NotFound when the plan is gone."""
        status = get_plan(session, self.actor, self.plan_id).status
        entries = redraw_log.list_operations_since(
            session, self.actor, self.plan_id, self.sequence, limit=MOST_AT_ONCE
        )
        self.is_behind = len(entries) == MOST_AT_ONCE
        events = []
        for entry in entries:
            answer = AnswerOut.model_validate(answer_entry(session, self.actor, entry))
            self.sequence = entry.operation.id
            events.append(_event("operation", answer.model_dump_json(), id_=self.sequence))
        here = [one._asdict() for one in presences.list_present(session, self.actor, self.plan_id)]
        events += self._if_new("presence", [one | {"lease_seconds": 0} for one in here], {"clients": here})
        return events + self._if_new("plan", status, {"status": status})

    def _if_new(self, kind: str, state: Any, data: dict[str, Any]) -> list[str]:
        if kind in self.told and self.told[kind] == state:
            return []
        self.told[kind] = state
        return [_event(kind, json.dumps(data, default=str))]


def _event(kind: str, data: str, *, id_: int | None = None) -> str:
    head = "" if id_ is None else f"id: {id_}\n"
    return f"{head}event: {kind}\ndata: {data}\n\n"


def _events(opened: Database, news: News, slots: threading.BoundedSemaphore) -> Iterator[str]:
    """Give what is new; go on looking for a while if there is a thread to spare."""
    is_held = slots.acquire(blocking=False)
    try:
        yield f"retry: {RETRY_MS if is_held else POLL_MS}\n\n"
        began = written = time.monotonic()
        while True:
            with opened.transaction() as session:
                events = news.look(session)
            now = time.monotonic()
            if not events and now - written > BEAT_SECONDS:
                events = [":\n\n"]
            if events:
                written = now
                yield "".join(events)
            if news.is_behind:
                continue
            if not is_held or now - began > HOLD_SECONDS:
                return
            time.sleep(LOOK_SECONDS)
    except GridMapError:
        return  # the plan is gone or the database away: asked again, the route says which
    finally:
        if is_held:
            slots.release()
