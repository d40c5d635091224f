"""Stickers of doors: codes issued, and drawn before anybody else hears of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.formats.stickers import Sticker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridmap.services.building_codes import IssuedCode


def build_stickers(issued: Iterable[IssuedCode], address: str) -> list[Sticker]:
    """Say what the stickers of codes say.

    Parameters
    ----------
    address
        Where residents reach this GridMap: ``https://host``.
    """
    base = address.rstrip("/")
    return [
        Sticker(
            place=" · ".join(part for part in (one.compound, one.community) if part),
            building=one.building,
            entrance=one.entrance_number,
            address=f"{base}/r/{one.token}",
        )
        for one in issued
    ]
