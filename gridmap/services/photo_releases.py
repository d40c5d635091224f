"""Photos of issues that everybody may see: released one by one at the desk, and taken back.

A photo shows faces, doors and plates, so none is public until somebody has looked at it and said so. It is
then to be had at an address that nobody can guess; taken back and released again, it has another one. It is
shown as long as Open311 shows its issue, and no longer.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import undefer

from gridmap.errors import Conflict, NotFound
from gridmap.models import Issue, IssuePhoto, Open311Service
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.issue_photos import photo_of, require_issue
from gridmap.services.open311_requests import list_conditions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

RELEASE = "photos.release"
CODE_BYTES = 16


def may_release(session: Session, actor: Actor, issue_id: int) -> bool:
    """Tell whether the actor may release photos of an issue: Open311 must show it."""
    return actor.may(RELEASE) and _is_shown(session, issue_id)


def release_photo(session: Session, actor: Actor, issue_id: int, photo_id: int, *, is_public: bool) -> None:
    """Let everybody see a photo, or nobody any more.

    Raises
    ------
    NotFound
        If there is no such issue in the actor's scope, or it has no such photo.
    Conflict
        If Open311 does not show the issue: its category is not told of, or its place cannot be trusted.
    """
    require(actor, RELEASE)
    require_issue(session, actor, issue_id, locked=True)
    photo = photo_of(session, issue_id, photo_id)
    if is_public and not _is_shown(session, issue_id):
        raise Conflict("photo_not_shown")
    if is_public == (photo.public_code is not None):
        return
    photo.public_code = secrets.token_urlsafe(CODE_BYTES) if is_public else None
    session.flush()
    done = "photo_released" if is_public else "photo_taken_back"
    record(session, actor, done, "issue", issue_id, photo=photo_id)


def get_public_photo(session: Session, actor: Actor, code: str) -> bytes:
    """Get a released photo as JPEG.

    Raises
    ------
    NotFound
        If no photo has this address, or none any more, or its issue is not shown.
    """
    require(actor, "open311.read")
    query = (
        select(IssuePhoto)
        .join(Issue, Issue.id == IssuePhoto.issue_id)
        .join(Open311Service, Open311Service.category == Issue.category)
        .where(IssuePhoto.public_code == code, *list_conditions())
    )
    photo = session.scalar(query.options(undefer(IssuePhoto.content)))
    if photo is None:
        raise NotFound
    return photo.content


def _is_shown(session: Session, issue_id: int) -> bool:
    shown = exists().where(
        Issue.id == issue_id, Open311Service.category == Issue.category, *list_conditions()
    )
    return bool(session.scalar(select(shown)))
