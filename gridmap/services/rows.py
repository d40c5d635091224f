"""Rows of a query with exactly the columns it names; what lists give."""

from typing import Any

from sqlalchemy import CompoundSelect, Row, Select
from sqlalchemy.orm import Session

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


def fetch(session: Session, query: AnySelect | CompoundSelect[*tuple[Any, ...]]) -> list[AnyRow]:
    """Fetch all rows of a query."""
    return list(session.execute(query).all())
