"""Candidate places from a file that somebody sends; nothing is stored."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import BadInput, FieldError
from gridmap.formats.siting_places import read_places
from gridmap.services.actors import require
from gridmap.services.siting_cases import MOST_CANDIDATES, Point

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor


@dataclass(frozen=True)
class SentPlaces:
    """The places of a file, and what is wrong with the rows that are not among them."""

    points: list[Point]
    rejected: tuple[FieldError, ...]


def read_candidates(session: Session, actor: Actor, name: str, content: bytes) -> SentPlaces:  # noqa: ARG001
    """Read candidate places from a file: CSV, XLSX, GeoJSON, GeoPackage, Shapefile (zipped) or KML.

    Parameters
    ----------
    name
        The file's own name; its ending says what it is.

    Raises
    ------
    BadInput
        If the file as a whole cannot be used, or lists more places than can be asked about.
    """
    require(actor, "coverage.read")
    with tempfile.TemporaryDirectory(prefix="gridmap-places-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        layer = read_places(path)
    if len(layer.rows) > MOST_CANDIDATES:
        raise BadInput("siting_too_many", count=len(layer.rows), most=MOST_CANDIDATES)
    spots = zip(layer.rows["name"], layer.rows["geometry"], strict=True)
    return SentPlaces([Point(str(said), place.x, place.y) for said, place in spots], layer.rejected)
