"""The audit: one row for every change, in the change's own transaction."""

from typing import Any

from sqlalchemy.orm import Session

from gridmap.models import AuditEntry
from gridmap.services.actors import Actor


def record(
    session: Session, actor: Actor, action: str, subject: str, subject_id: object, **details: Any
) -> None:
    """Leave one audit row.

    Parameters
    ----------
    action
        What was done, a verb in the past: ``"published"``.
    subject, subject_id
        Kind and public id of the thing changed.
    details
        Figures of the change; no personal data.
    """
    entry = AuditEntry(
        account_id=actor.account_id,
        action=action,
        subject=subject,
        subject_id=str(subject_id),
        details={"by": actor.username, **details},
    )
    session.add(entry)
    session.flush()
