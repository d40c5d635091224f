"""What sheets are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gridmap.formats.plan_picture import PlanPicture


@dataclass(frozen=True)
class Holding:
    """A part of a building that belongs to a micro-grid; entrance and floors None mean the whole.

    Attributes
    ----------
    has_sections
        Nobody counted the entrances: they are only assumed.
    """

    building_id: int
    name: str
    address: str
    compound: str
    entrance_count: int
    has_sections: bool
    entrance: int | None
    floor_from: int | None
    floor_to: int | None
    households: int
    is_estimate: bool


@dataclass(frozen=True)
class Person:
    """A post that answers for the micro-grid or a part of it; no person is named.

    Attributes
    ----------
    place_kind
        micro_grid, building, entrance, compound or area.
    places
        What the post answers for, as people call it.
    """

    code: str
    role_zh: str
    role_en: str
    organisation: str
    duty_phone: str
    place_kind: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One micro-grid as its sheet shows it.

    Attributes
    ----------
    status
        under, in_band or over.
    address
        Of its page, for the QR code.
    """

    code: str
    grid: str
    grid_name: str
    grid_name_en: str
    households: int
    is_estimate: bool
    building_count: int
    status: str
    address: str
    holdings: tuple[Holding, ...]
    people: tuple[Person, ...]

    @property
    def number(self) -> str:
        """Number in its grid."""
        return self.code.removeprefix(self.grid).lstrip("-") or self.code


@dataclass(frozen=True)
class Booklet:
    """Sheets of one plan.

    Attributes
    ----------
    picture
        The area of the booklet (or of the one sheet), and the plan.
    around
        The land that the maps of the sheets show.
    lineage, lineage_en
        Names from the district down to the community; where there is no English one, the Chinese.
    cards
        In the order of their codes.
    has_cover
        False for a sheet alone.
    printed_on
        The day people are posted on.
    """

    picture: PlanPicture
    around: PlanPicture
    lineage: tuple[str, ...]
    lineage_en: tuple[str, ...]
    cards: tuple[Card, ...]
    has_cover: bool
    printed_on: date
