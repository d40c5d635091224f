"""The responsibility tree of a place: who answers at each level above it, and what lies one level below.

Places are addressed by kind and code: ``area`` and ``micro_grid`` by code, ``building`` by id, ``entrance``
by the id of its building and its number (``12/3``), as in the answers about postings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from gridmap.i18n import translate
from gridmap.services.actors import Actor, require
from gridmap.services.coverage import day_of
from gridmap.services.postings import list_posts_at
from gridmap.services.responsibility_places import Below, HouseholdBand, PlaceKind, Step, find_place_steps
from gridmap.services.rows import AnyRow

CONTACT_ROLES = ("centre_household", "volunteer")
"""Who keeps in touch with a band of households; they are posted to an entrance, a building or around it."""


@dataclass(frozen=True)
class Responsibility:
    """The tree of a place.

    Attributes
    ----------
    steps
        From the district down to the place itself, which is the last.
    below, below_level
        What lies one level below; level None under an entrance.
    bands, contacts
        Under an entrance: its bands, and the posts that keep in touch with them.
    geometry
        Of the place as GeoJSON; None where it has no ground.
    plan_version
        Plan of the micro-grids named, None without one.
    """

    steps: list[Step]
    below: list[Below]
    below_level: str | None
    bands: list[HouseholdBand]
    contacts: list[AnyRow]
    geometry: dict[str, Any] | None
    at: datetime
    plan_version: int | None
    definition: str

    @property
    def place(self) -> Step:
        """The place asked for."""
        return self.steps[-1]


def describe_responsibility(
    session: Session,
    actor: Actor,
    kind: PlaceKind,
    code: str,
    at: datetime | None = None,
    *,
    language: str | None = None,
) -> Responsibility:
    """Describe who answers for a place at each level, and what lies one level below it.

    Parameters
    ----------
    at
        Moment, with zone; now by default. Postings count by its local day, duty by the moment.

    Raises
    ------
    NotFound
        If there is no such place in the actor's scope.
    """
    require(actor, "places.read")
    require(actor, "staff.read")
    moment = at or datetime.now(UTC)
    found = find_place_steps(session, actor, kind, code)
    steps, below = found.steps, found.below
    places = [(step.kind, step.code) for step in steps] + [(row.kind, row.code) for row in below]
    posts = list_posts_at(session, places, moment)
    for step in steps:
        step.posts = posts.get((step.kind, step.code), [])
    for row in below:
        row.posts = len({post.code for post in posts.get((row.kind, row.code), [])})
    contacts = [post for step in reversed(steps) for post in step.posts if post.role in CONTACT_ROLES]
    return Responsibility(
        steps=steps,
        below=below,
        below_level=found.below_level,
        bands=found.bands,
        contacts=contacts if kind == "entrance" else [],
        geometry=found.geometry,
        at=moment,
        plan_version=max(found.plan_ids, default=None),
        definition=translate(
            "responsibility.definition", language or actor.language, day=day_of(moment).isoformat()
        ),
    )
