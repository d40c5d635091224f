"""What a phone may send: one model for each kind of entry; what is unknown is refused by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

from pydantic import Field, ValidationError, model_validator

from gridmap.errors import BadInput, FieldError
from gridmap.services.field_entries import SentEntry
from gridmap.services.station_sign_ins import SIGN_IN
from gridmap.services.visits import LONGEST_NOTE
from gridmap.web.inputs import LARGEST_ID, Code, Input, Moment, Words, field_errors
from gridmap.web.orders import OrderFields

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_SEEN = 200
ENVELOPE = ("id", "what", "made_at")

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Seen = Annotated[
    list[UUID], Field(max_length=MOST_SEEN, description="entries about it that were before the eyes")
]
Counter = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class Item(Input):
    """What every entry has."""

    id: UUID
    what: str
    made_at: Moment


class VisitFields(Input):
    """Fields of a visit; those left out are not written."""

    building_id: Id | None = None
    kind: Code | None = None
    visited_at: Moment | None = None
    entrance_number: Annotated[int | None, Field(ge=1, le=99)] = None
    note: Annotated[str | None, Field(max_length=LONGEST_NOTE)] = None

    @model_validator(mode="after")
    def _require_something(self) -> Self:
        needed = ("building_id", "kind", "visited_at")
        if any(name in self.model_fields_set and getattr(self, name) is None for name in needed):
            raise ValueError("api_missing")
        return self


class VisitItem(Item):
    """A visit, or some fields of one written again."""

    record: UUID
    fields: VisitFields
    seen: Seen = Field(default_factory=list)
    counter: Counter = 0


class RemovalItem(Item):
    """A visit taken back."""

    record: UUID
    of: Annotated[str, Field(pattern="^visit$")]
    seen: Seen = Field(default_factory=list)
    counter: Counter = 0


class IssueFields(Input):
    """A new issue, on the spot."""

    category: Code
    text: Annotated[str, Field(max_length=4000)] = ""
    building_id: Id
    entrance_number: Annotated[int | None, Field(ge=1, le=60)] = None
    floor: Annotated[int | None, Field(ge=-10, le=200)] = None


class IssueItem(Item):
    """A new issue."""

    fields: IssueFields


class StepGiven(Input):
    """What comes with a step."""

    note: Annotated[str, Field(max_length=4000)] = ""
    outcome: Code | None = None
    until: Moment | None = None
    dispatched_to: Words | None = None


class StepItem(Item):
    """A step on an issue: by its number, or by the entry that reported it."""

    issue_id: Id | None = None
    issue: UUID | None = None
    action: Code
    given: StepGiven = Field(default_factory=StepGiven)
    version: Annotated[int | None, Field(ge=0, le=LARGEST_ID, description="of the issue as seen")] = None
    after: Annotated[UUID | None, Field(description="one's own earlier step that was not sent yet")] = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.issue_id is None) == (self.issue is None):
            raise ValueError("issue_or_entry")
        return self


class HandoffItem(Item):
    """What a plan gave and took, acknowledged."""

    plan_id: Id


class NoticeItem(Item):
    """A notice acknowledged."""

    notice_id: Id


class ReachItem(NoticeItem):
    """Buildings whose homes have got a notice."""

    building_ids: Annotated[
        list[Id] | None, Field(min_length=1, max_length=1000, description="null: all of one's own post")
    ] = None


class OrderItem(Item):
    """An order written, or a step on one."""

    fields: OrderFields | None = None
    order_id: Id | None = None
    action: Code | None = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        is_step = self.order_id is not None and self.action is not None
        is_new = self.fields is not None and self.order_id is None and self.action is None
        if is_new == is_step or (is_step and self.fields is not None):
            raise ValueError("order_or_fields")
        return self


class ResolveItem(Item):
    """A conflict settled."""

    conflict: UUID
    take: Annotated[str, Field(max_length=64, description="an entry of the conflict, or current")]
    seen: Seen = Field(default_factory=list)


class SignInItem(Item):
    """At a station, of one's own free will."""

    station: Code


ITEMS: dict[str, type[Item]] = {
    "visit": VisitItem,
    "removal": RemovalItem,
    "issue": IssueItem,
    "step": StepItem,
    "handoff": HandoffItem,
    "notice_ack": NoticeItem,
    "reach": ReachItem,
    "order": OrderItem,
    "resolve": ResolveItem,
    SIGN_IN: SignInItem,
}
"""Word of `gridmap.services.field_entries.KINDS` -> what it looks like."""


def read_item(given: dict[str, Any], *, with_sign_in: bool = False) -> SentEntry | BadInput:
    """Read an item; what is wrong with it is given back, not raised.

    Parameters
    ----------
    with_sign_in
        Whether signing in at stations is switched on; else there is no such kind.
    """
    known = {name: model for name, model in ITEMS.items() if with_sign_in or name != SIGN_IN}
    what = given.get("what")
    model = known.get(what) if isinstance(what, str) else None
    if model is None:
        shown = what[:60] if isinstance(what, str) else ""
        return BadInput(
            "entry_unknown", fields=[FieldError("body", "what", "api_not_one_of", shown, " | ".join(known))]
        )
    try:
        item = model.model_validate(given)
    except ValidationError as fault:
        return BadInput(fields=field_errors(fault))
    payload = item.model_dump(mode="json", exclude_unset=True, exclude=set(ENVELOPE))
    return SentEntry(item.id, item.what, item.made_at, payload)


def find_unread(items: Iterable[dict[str, Any]], read: Iterable[SentEntry]) -> set[UUID]:
    """Find the ids of items that could not be read."""
    found = set()
    for item in items:
        try:
            found.add(UUID(str(item.get("id"))))
        except ValueError:
            continue
    return found - {one.id for one in read}
