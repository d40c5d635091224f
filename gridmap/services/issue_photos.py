"""Photos of issues: taken in drawn anew, shown to those who may see the issue and to who reported it.

The same picture sent again is the same photo: a phone may send until it has an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from gridmap.errors import Conflict, NotFound
from gridmap.formats.photos import MOST_BYTES, Photo, redraw_photo
from gridmap.models import Issue, IssuePhoto
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.issue_scope import is_seen_by
from gridmap.services.rows import AnyRow, fetch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

__all__ = [
    "MOST_BYTES",
    "MOST_PHOTOS",
    "add_photo",
    "attach_photos",
    "get_photo",
    "list_photos",
    "photo_of",
    "remove_photo",
    "require_issue",
]

MOST_PHOTOS = 8
"""Of one issue."""


def add_photo(session: Session, actor: Actor, issue_id: int, content: bytes) -> int:
    """Add a photo to an issue; gives its number.

    Raises
    ------
    NotFound
        If there is no such issue in the actor's scope.
    BadInput
        If it is no photo, too large or broken; see `gridmap.formats.photos`.
    Conflict
        If the issue has `MOST_PHOTOS` already.
    """
    require(actor, "issues.write")
    require_issue(session, actor, issue_id)
    drawn = redraw_photo(content)
    require_issue(session, actor, issue_id, locked=True)
    (photo_id,) = attach_photos(session, actor, issue_id, [drawn])
    return photo_id


def attach_photos(session: Session, actor: Actor, issue_id: int, photos: Sequence[Photo]) -> list[int]:
    """Keep photos drawn anew with an issue that the caller has locked, or just made; gives their numbers.

    Raises
    ------
    Conflict
        If the issue would have more than `MOST_PHOTOS`.
    """
    return [_attach(session, actor, issue_id, photo) for photo in photos]


def _attach(session: Session, actor: Actor, issue_id: int, drawn: Photo) -> int:
    mine = IssuePhoto.issue_id == issue_id
    again = session.scalar(select(IssuePhoto.id).where(mine, IssuePhoto.content == drawn.content))
    if again is not None:
        return again
    if (session.scalar(select(func.count()).where(mine)) or 0) >= MOST_PHOTOS:
        raise Conflict("photos_full", most=MOST_PHOTOS)
    photo = IssuePhoto(issue_id=issue_id, content=drawn.content, width=drawn.width, height=drawn.height)
    session.add(photo)
    session.flush()
    record(session, actor, "photo_added", "issue", issue_id, photo=photo.id)
    return photo.id


def list_photos(session: Session, actor: Actor, issue_id: int) -> list[AnyRow]:
    """List the photos of an issue, the first one first.

    Returns
    -------
    list of Row
        ``id``, ``width``, ``height``, ``created_at``, and ``is_public``: whether everybody may see it.
    """
    require(actor, "issues.read")
    require_issue(session, actor, issue_id)
    columns = (
        IssuePhoto.id,
        IssuePhoto.width,
        IssuePhoto.height,
        IssuePhoto.created_at,
        IssuePhoto.public_code.is_not(None).label("is_public"),
    )
    return fetch(session, select(*columns).where(IssuePhoto.issue_id == issue_id).order_by(IssuePhoto.id))


def get_photo(session: Session, actor: Actor, issue_id: int, photo_id: int) -> bytes:
    """Get a photo as JPEG."""
    require(actor, "issues.read")
    require_issue(session, actor, issue_id)
    return photo_of(session, issue_id, photo_id).content


def remove_photo(session: Session, actor: Actor, issue_id: int, photo_id: int) -> None:
    """Remove a photo; it is gone for good."""
    require(actor, "issues.write")
    require_issue(session, actor, issue_id, locked=True)
    session.delete(photo_of(session, issue_id, photo_id))
    record(session, actor, "photo_removed", "issue", issue_id, photo=photo_id)


def require_issue(session: Session, actor: Actor, issue_id: int, *, locked: bool = False) -> None:
    """Require that the actor sees an issue; `locked`: nobody changes or removes it until the end.

    Raises
    ------
    NotFound
        If there is no such issue in the actor's scope.
    """
    query = select(Issue.id).where(Issue.id == issue_id, is_seen_by(actor))
    if session.scalar(query.with_for_update(key_share=True) if locked else query) is None:
        raise NotFound


def photo_of(session: Session, issue_id: int, photo_id: int) -> IssuePhoto:
    """Get a photo of an issue that the caller may show.

    Raises
    ------
    NotFound
        If the issue has no such photo.
    """
    query = select(IssuePhoto).where(IssuePhoto.id == photo_id, IssuePhoto.issue_id == issue_id)
    photo = session.scalar(query.options(undefer(IssuePhoto.content)))
    if photo is None:
        raise NotFound
    return photo
