"""The official address of this GridMap, as residents know it."""

from __future__ import annotations

from flask import current_app, request


def official_address() -> str:
    """Give the address that is printed on stickers, without a slash at its end.

    It is the setting ``public_address``; where none is set, the address that is being asked.
    """
    return (current_app.extensions["settings"].public_address or request.host_url).rstrip("/")
