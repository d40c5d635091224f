"""The demo city: built, split and published where there is no city yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance
    from gridmap.db import Database


def prepare_demo(entrance: Entrance, database: Database) -> None:
    """Build, split and publish the demo district when the database holds no area."""
