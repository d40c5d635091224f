"""Whom an issue goes to, as one text: ``staff:<code>``, ``station:<code>``, ``department:<name>``."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, FieldError
from gridmap.models import Staff, Station

STAFF, STATION, DEPARTMENT = "staff", "station", "department"
LONGEST_NAME = 64


@dataclass(frozen=True)
class Receiver:
    """Whom it is dispatched to, and the organisation whose rates it counts in (may be empty)."""

    reference: str
    organisation: str


def find_receiver(session: Session, reference: str, *, whistle: bool = False) -> Receiver:
    """Find whom a reference names.

    Parameters
    ----------
    whistle
        Only a department can be called.

    Raises
    ------
    BadInput
        If there is no such receiver.
    """
    kind, _, code = (part.strip() for part in reference.partition(":"))
    organisation: str | None = None
    if kind == DEPARTMENT and 0 < len(code) <= LONGEST_NAME:
        organisation = code
    elif kind == STAFF and not whistle:
        organisation = session.scalar(select(Staff.organisation).where(Staff.code == code))
    elif kind == STATION and not whistle:
        organisation = session.scalar(select(Station.name).where(Station.code == code))
    if organisation is None:
        hint = f"{DEPARTMENT}:…" if whistle else f"{STAFF}:… {STATION}:… {DEPARTMENT}:…"
        fault = FieldError("body", "dispatched_to", "step_dispatched_to", value=reference[:60], hint=hint)
        raise BadInput(fields=[fault])
    return Receiver(f"{kind}:{code}", organisation)
