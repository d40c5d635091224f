"""Who acts, and what a role may do: one table, checked in the services because every entrance shares it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import BigInteger, ColumnElement, cast, exists, select, true
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import InstrumentedAttribute, aliased

from gridmap.errors import NotAllowed, NotFound, NotSignedIn
from gridmap.models import Area
from gridmap.models.accounts import ACCOUNT_ROLES

ROLES = ACCOUNT_ROLES
EVERYBODY = frozenset(ROLES)

PERMISSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "places.read": EVERYBODY,
        "places.load": frozenset({"admin"}),
        "plans.read": EVERYBODY,
        "plans.write": frozenset({"admin", "planner"}),
        "plans.publish": frozenset({"admin", "planner"}),
        "staff.read": EVERYBODY,
        "staff.load": frozenset({"admin"}),
        "roster.read": frozenset({"admin", "planner", "official", "dispatcher"}),
        "roster.write": frozenset({"admin", "planner", "dispatcher"}),
        "issues.read": EVERYBODY,
        "issues.write": frozenset({"admin", "official", "dispatcher", "field"}),
        "issues.load": frozenset({"admin"}),
        "photos.release": frozenset({"admin", "official", "dispatcher"}),
        "issues.rule": frozenset({"admin"}),
        "webhooks.keep": frozenset({"admin"}),
        "issues.export": frozenset({"admin", "planner", "official", "dispatcher"}),
        "open311.read": EVERYBODY,
        "open311.details": frozenset({"admin", "official", "dispatcher"}),
        "open311.keep": frozenset({"admin"}),
        "rates.read": frozenset({"admin", "planner", "official", "dispatcher"}),
        "heatmaps.read": frozenset({"admin", "planner", "official", "dispatcher"}),
        "coverage.read": frozenset({"admin", "planner", "official", "dispatcher"}),
        "coverage.write": frozenset({"admin", "planner"}),
        "public.read": EVERYBODY,
        "codes.issue": frozenset({"admin", "planner"}),
        "visits.read": EVERYBODY,
        "visits.write": frozenset({"admin", "dispatcher", "field"}),
        "field.sync": frozenset({"field"}),
        "visits.load": frozenset({"admin"}),
        "notices.read": frozenset({"admin", "planner", "official", "dispatcher"}),
        "notices.write": frozenset({"admin", "planner", "official", "dispatcher"}),
        "notices.receive": EVERYBODY,
        "orders.read": EVERYBODY,
        "orders.write": frozenset({"admin", "planner", "official", "dispatcher", "field"}),
        "listings.read": EVERYBODY,
        "listings.load": frozenset({"admin"}),
        "duty.read": EVERYBODY,
        "duty.dispatch": frozenset({"admin", "official", "dispatcher"}),
        "accounts.own": EVERYBODY,
        "accounts.read": frozenset({"admin"}),
        "accounts.write": frozenset({"admin"}),
        "audit.read": frozenset({"admin"}),
    }
)


@dataclass(frozen=True)
class Actor:
    """The one who acts.

    Attributes
    ----------
    account_id
        None for the system itself (command line, worker) and for a visitor.
    role
        One of the account roles, ``"system"``, or ``"visitor"``.
    area_ids
        Areas the actor's scope covers, with everything below them; None = the whole city.
    staff_id
        The post behind a field account.
    rights
        What it may beyond its role: of an application with a key.
    session_epoch
        Of the account when it was read; a session made under another epoch is over.
    """

    account_id: int | None
    username: str
    role: str
    area_ids: tuple[int, ...] | None = ()
    staff_id: int | None = None
    language: str = "zh"
    session_epoch: int = 0
    rights: frozenset[str] = frozenset()

    def may(self, action: str) -> bool:
        """Tell whether the role may do ``action`` somewhere."""
        return self.role == "system" or action in self.rights or self.role in PERMISSIONS[action]


SYSTEM = Actor(account_id=None, username="system", role="system", area_ids=None)
VISITOR = Actor(account_id=None, username="", role="visitor")


def require(actor: Actor, action: str) -> None:
    """Let the actor pass or raise.

    Raises
    ------
    NotSignedIn
        If nobody is signed in.
    NotAllowed
        If the role may not do it.
    """
    if actor.may(action):
        return
    if actor.role == "visitor":
        raise NotSignedIn
    raise NotAllowed(action=action, role=actor.role)


def scope_of(
    actor: Actor, area_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """Build the condition that the area in column ``area_id`` lies inside the actor's areas."""
    if actor.area_ids is None:
        return true()
    inside = aliased(Area)  # of its own: the query around it may join areas, too
    return exists(select(inside.id).where(inside.id == area_id, lineage_meets(actor.area_ids, inside)))


def lineage_meets(area_ids: Iterable[int], area: type[Area] = Area) -> ColumnElement[bool]:
    """Build the condition that an area is one of ``area_ids`` or lies below one; none fits an empty list."""
    ids = cast(array([*area_ids, -1]), ARRAY(BigInteger))
    return area.lineage.overlap(ids)


def area_in_scope(actor: Actor) -> ColumnElement[bool]:
    """Build the condition that a row of ``areas`` itself lies inside the actor's areas."""
    return true() if actor.area_ids is None else lineage_meets(actor.area_ids)


def require_area(actor: Actor, area: Area) -> None:
    """Raise `NotFound` for an area outside the actor's scope, as if it did not exist."""
    if actor.area_ids is not None and not set(actor.area_ids) & set(area.lineage):
        raise NotFound
