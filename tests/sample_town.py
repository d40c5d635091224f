"""The town of ``geodata/sample_town``, loaded as its user would load it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.formats.layers import read_layer
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import ACTIONS, load_layer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SAMPLE_TOWN = Path(__file__).parents[1] / "geodata" / "sample_town"


def load_sample_town(session: Session) -> None:
    """Load every kind of data of the sample town."""
    for kind in ACTIONS:
        (path,) = SAMPLE_TOWN.glob(f"{kind}.*")
        load_layer(session, SYSTEM, kind, read_layer(kind, path))
