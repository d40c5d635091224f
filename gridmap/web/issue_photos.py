"""Photos of issues: sent as a form, served as what they were drawn anew as."""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint, FileSchema
from apiflask.fields import UploadFile
from flask import Response, request, url_for
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from gridmap.services import issue_photos as service
from gridmap.services import photo_releases
from gridmap.services.actors import Actor, require
from gridmap.web.inputs import Input
from gridmap.web.outputs import Out
from gridmap.web.sign_in import current_actor, database, in_transaction

if TYPE_CHECKING:
    from collections.abc import Callable

issue_photos = APIBlueprint("api_issue_photos", __name__, url_prefix="/api/v1", tag="issue photos")

ENVELOPE_BYTES = 10_000  # of the form around the file


class PhotoForm(Input):
    """A photo."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    photo: Annotated[UploadFile, Field(description="JPEG, PNG or WebP, up to 12 MB and 50 million pixels")]


class PhotoOut(Out):
    """A photo of an issue."""

    id: int
    width: int = Field(description="pixels")
    height: int
    created_at: datetime
    is_public: bool = Field(description="released: everybody may see it, by Open311")


class PhotoList(Out):
    """The photos of an issue, the first one first."""

    items: list[PhotoOut]
    may_release: bool = Field(description="whether one may release them, and take them back")


class ReleaseBody(Input):
    """Whether everybody may see a photo."""

    is_public: bool


@issue_photos.url_value_preprocessor
def allow_photos(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let larger bodies in than elsewhere."""
    request.max_content_length = service.MOST_BYTES + ENVELOPE_BYTES


def for_reporters(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse who may not write issues before the file is read; no transaction waits while it comes in."""

    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with database().transaction() as opened:
            require(current_actor(opened), "issues.write")
        return view(*args, **kwargs)

    return inside


@issue_photos.get("/issues/<id:issue_id>/photos")
@issue_photos.output(PhotoList)
@in_transaction
def list_photos(session: Session, actor: Actor, issue_id: int) -> dict[str, Any]:
    """List the photos of an issue"""
    return _list(session, actor, issue_id)


@issue_photos.post("/issues/<id:issue_id>/photos")
@for_reporters
@issue_photos.input(PhotoForm, location="form_and_files")
@issue_photos.output(PhotoList, status_code=201)
@in_transaction
def add_photo(
    session: Session, actor: Actor, issue_id: int, form_and_files_data: PhotoForm
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Add a photo to an issue; it is drawn anew, without place, time and device"""
    photo_id = service.add_photo(session, actor, issue_id, form_and_files_data.photo.read())
    address = url_for(".get_photo", issue_id=issue_id, photo_id=photo_id)
    return _list(session, actor, issue_id), 201, {"Location": address}


@issue_photos.get("/issues/<id:issue_id>/photos/<id:photo_id>")
@issue_photos.output(FileSchema(type="string", format="binary"), content_type="image/jpeg")
@in_transaction
def get_photo(session: Session, actor: Actor, issue_id: int, photo_id: int) -> Response:
    """Get a photo as JPEG"""
    response = Response(service.get_photo(session, actor, issue_id, photo_id), mimetype="image/jpeg")
    response.headers.set("Content-Disposition", "inline", filename=f"issue-{issue_id}-{photo_id}.jpg")
    return response


@issue_photos.patch("/issues/<id:issue_id>/photos/<id:photo_id>")
@issue_photos.input(ReleaseBody)
@issue_photos.output(PhotoList)
@in_transaction
def release_photo(
    session: Session, actor: Actor, issue_id: int, photo_id: int, json_data: ReleaseBody
) -> dict[str, Any]:
    """Let everybody see a photo, or nobody any more"""
    photo_releases.release_photo(session, actor, issue_id, photo_id, is_public=json_data.is_public)
    return _list(session, actor, issue_id)


@issue_photos.delete("/issues/<id:issue_id>/photos/<id:photo_id>")
@issue_photos.output({}, status_code=204)
@in_transaction
def remove_photo(session: Session, actor: Actor, issue_id: int, photo_id: int) -> tuple[str, int]:
    """Remove a photo"""
    service.remove_photo(session, actor, issue_id, photo_id)
    return "", 204


def _list(session: Session, actor: Actor, issue_id: int) -> dict[str, Any]:
    rows = service.list_photos(session, actor, issue_id)
    may_release = photo_releases.may_release(session, actor, issue_id)
    return {"items": [PhotoOut.model_validate(row) for row in rows], "may_release": may_release}
