"""Photos of an issue by HTTP: in as a form, out as JPEG to those who see the issue, and gone."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image
from sqlalchemy import text

from gridmap.services import tokens
from gridmap.services.actors import SYSTEM
from gridmap.services.issue_photos import MOST_PHOTOS

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.api.conftest import Caller


def photo(kind: str = "PNG", shade: int = 128) -> bytes:
    out = BytesIO()
    Image.new("RGB", (30, 20), (0, shade, 0)).save(out, kind)
    return out.getvalue()


def test_a_photo_comes_in_goes_out_and_is_gone(
    app: Flask, session: Session, callers: dict[str, Caller], known_ids: dict[str, int]
) -> None:
    issue = known_ids["issue"]
    path = f"/api/v1/issues/{issue}/photos"
    token, _ = tokens.issue_token(session, SYSTEM, "dispatcher", "photos")
    sender = app.test_client()

    def send(content: bytes, name: str, to: str = path) -> TestResponse:
        return sender.post(
            to,
            data={"photo": (BytesIO(content), name, "image/svg+xml")},
            headers={"Authorization": f"Bearer {token}"},
            content_type="multipart/form-data",
        )

    sent = send(photo(), "virus.exe")  # neither the name nor the type that is claimed counts
    assert sent.status_code == 201
    assert [(row["width"], row["height"]) for row in sent.json["items"]] == [(30, 20)]
    got = callers["official"].get(sent.headers["Location"])
    assert got.mimetype == "image/jpeg"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in got.headers["Cache-Control"] or "private" in got.headers["Cache-Control"]
    with Image.open(BytesIO(got.data)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (30, 20))
    assert callers["visitor"].get(sent.headers["Location"]).status_code == 401

    refused = send(b"<svg onload='alert(1)'/>", "photo.jpg")
    assert refused.status_code == 400
    assert refused.json["fields"][0]["reason"] == "photo_unknown"
    for number in range(MOST_PHOTOS - 1):
        assert send(photo("JPEG", 10 * number), "photo.jpg").status_code == 201
    assert send(photo(shade=250), "photo.png").status_code == 409
    again = send(photo(), "again.png")  # a phone that had no answer sends the same once more
    assert (again.status_code, again.headers["Location"]) == (201, sent.headers["Location"])
    assert len(again.json["items"]) == MOST_PHOTOS

    elsewhere = session.scalar(
        text("SELECT min(i.id) FROM issues i JOIN areas a ON a.id = i.grid_id WHERE NOT 10 = ANY (a.lineage)")
    )
    assert send(photo(), "photo.png", f"/api/v1/issues/{elsewhere}/photos").status_code == 404
    assert (
        callers["admin"].get(sent.headers["Location"].replace(str(issue), str(elsewhere), 1)).status_code
        == 404
    )
    assert callers["dispatcher"].ask("DELETE", sent.headers["Location"]).status_code == 204
    assert callers["dispatcher"].get(sent.headers["Location"]).status_code == 404
    assert len(callers["official"].get(path).json["items"]) == MOST_PHOTOS - 1
