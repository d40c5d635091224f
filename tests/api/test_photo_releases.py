"""Photos for everybody: none until it is released, at an address of its own, gone when it is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.services import issue_photos
from gridmap.services.actors import SYSTEM
from tests.api.test_issue_photos import photo

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.api.conftest import Caller

    Asking = Callable[[], str | None]


ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def pictures(session: Session, known_ids: dict[str, int]) -> list[int]:
    """Two photos of an issue."""
    return [
        issue_photos.add_photo(session, SYSTEM, known_ids["issue"], photo(shade=shade)) for shade in (10, 200)
    ]


@pytest.fixture
def media_url(app: Flask, known_ids: dict[str, int]) -> Asking:
    """Ask Open311 without a key for the address of the issue's photo."""

    def ask() -> str | None:
        answer = app.test_client().get(f"/open311/v2/requests/{known_ids['issue']}.json")
        assert answer.status_code == 200
        found: str | None = answer.json[0]["media_url"]
        return found

    return ask


def _audited(session: Session) -> list[tuple[str, int]]:
    query = "SELECT action, details FROM audit_entries WHERE action LIKE 'photo%' ORDER BY id"
    return [(row.action, row.details["photo"]) for row in session.execute(text(query))]


def test_only_a_released_photo_is_for_everybody(
    app: Flask,
    session: Session,
    callers: dict[str, Caller],
    known_ids: dict[str, int],
    pictures: list[int],
    media_url: Asking,
) -> None:
    path = f"/api/v1/issues/{known_ids['issue']}/photos"
    desk, anybody = callers["dispatcher"], app.test_client()
    first = desk.get(path).json
    assert first["may_release"] is True
    assert [row["is_public"] for row in first["items"]] == [False, False]
    assert media_url() is None
    assert callers["planner"].get(path).json["may_release"] is False

    released = desk.ask("PATCH", f"{path}/{pictures[1]}", {"is_public": True})
    assert released.status_code == 200
    assert [row["is_public"] for row in released.json["items"]] == [False, True]
    address = media_url()
    assert address is not None
    assert address.startswith("http://localhost/open311/v2/media/")
    shown = anybody.get(address)
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert shown.data == desk.get(f"{path}/{pictures[1]}").data
    assert shown.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "no-store" in shown.headers["Cache-Control"]
    xml = anybody.get(f"/open311/v2/requests/{known_ids['issue']}.xml").text
    assert f"<media_url>{address}</media_url>" in xml
    for guess in (str(pictures[0]), str(pictures[1]), "None", "%00"):
        assert anybody.get(f"/open311/v2/media/{guess}.jpg").status_code in (400, 404)

    assert desk.ask("PATCH", f"{path}/{pictures[1]}", {"is_public": True}).status_code == 200
    assert media_url() == address  # said twice, it is released once
    desk.ask("PATCH", f"{path}/{pictures[0]}", {"is_public": True})
    assert media_url() not in (None, address)  # of two, the first
    for number in pictures:
        assert desk.ask("PATCH", f"{path}/{number}", {"is_public": False}).status_code == 200
    assert media_url() is None
    assert anybody.get(address).status_code == 404
    desk.ask("PATCH", f"{path}/{pictures[1]}", {"is_public": True})
    again = media_url()
    assert again not in (None, address)
    assert anybody.get(address).status_code == 404  # the old address stays dead
    assert _audited(session)[2:] == [
        ("photo_released", pictures[1]),
        ("photo_released", pictures[0]),
        ("photo_taken_back", pictures[0]),
        ("photo_taken_back", pictures[1]),
        ("photo_released", pictures[1]),
    ]
    assert desk.ask("DELETE", f"{path}/{pictures[1]}").status_code == 204
    assert anybody.get(again).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE issues SET flags = '{placeholder_point}' WHERE id = :issue",
        "UPDATE issues SET category = 'dispute' WHERE id = :issue",
        "UPDATE open311_services SET type = 'blackbox' WHERE 0 < :issue",
    ],
    ids=["flagged", "a kind that is not shown", "the register changes"],
)
def test_a_photo_of_what_is_not_shown_is_not_shown(
    app: Flask,
    session: Session,
    callers: dict[str, Caller],
    known_ids: dict[str, int],
    pictures: list[int],
    media_url: Asking,
    change: str,
) -> None:
    path = f"/api/v1/issues/{known_ids['issue']}/photos"
    desk = callers["dispatcher"]
    desk.ask("PATCH", f"{path}/{pictures[0]}", {"is_public": True})
    address = media_url()
    assert address is not None
    assert app.test_client().get(address).status_code == 200
    session.execute(text(change), {"issue": known_ids["issue"]})
    assert app.test_client().get(address).status_code == 404
    assert desk.get(path).json["may_release"] is False
    refused = desk.ask("PATCH", f"{path}/{pictures[1]}", {"is_public": True}, **ENGLISH)
    assert refused.status_code == 409
    assert "not shown to the public" in refused.json["detail"]
    back = desk.ask("PATCH", f"{path}/{pictures[0]}", {"is_public": False})
    assert [row["is_public"] for row in back.json["items"]] == [False, False]
