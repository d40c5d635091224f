"""The sample town with a plan whose every number is known, for the tests of a plan's life.

With seed 1 the engine divides grid 1 (six slabs of 48 households, four entrances of 12 each) and grid 2
(towers B07-B09 of 72 households on 18 floors, B10 of 44) so::

    …00101  B05 + B03 entrances 3, 4        72        …00201  B10 + B07 floors 1-3 (+ two without homes)  56
    …00102  B06 + B04 entrances 1, 2        72        …00202  B07 floors 4-18                              60
    …00103  B01 + B03 entrances 1, 2        72        …00203  B08                                          72
    …00104  B02 + B04 entrances 3, 4        72        …00204  B09                                          72
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select

from gridmap.models import Assignment, Building, MicroGrid
from gridmap.services import plan_runs, plans
from gridmap.services.actors import SYSTEM
from gridmap.services.redraws import redraw_plan
from tests.sample_town import load_sample_town

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.db import Database
    from gridmap.models import Plan

DISTRICT, GRID_1, GRID_2 = "370698", "370698001001001", "370698001001002"


def load_town(database: Database) -> Database:
    """Load the sample town."""
    with database.transaction() as session:
        load_sample_town(session)
    return database


def create(town: Database, area: str = DISTRICT, **options: Any) -> Plan:
    """Make a draft; with the default seed it is the one above."""
    return plan_runs.create_plan(town, SYSTEM, area, **{"seed": 1, **options})


def publish(town: Database, plan_id: int) -> Plan:
    """Publish a plan, however many move."""
    with town.transaction() as session:
        return plans.publish_plan(session, SYSTEM, plan_id, confirm_moved=True)


def redraw(town: Database, plan_id: int, grid: str, kind: str, **arguments: Any) -> None:
    """Do one operation of the editor."""
    with town.transaction() as session:
        redraw_plan(session, SYSTEM, plan_id, grid, kind, arguments, op_id=uuid4())


def atom(town: Database, name: str) -> str:
    """Key of the atom that is a whole building, by its number in the sample: "B10"."""
    with town.transaction() as session:
        query = select(Building.id).where(Building.source_id == f"{DISTRICT}-{name}")
        return f"b{session.scalars(query).one()}"


def holdings(session: Session, plan_id: int) -> dict[str, str | None]:
    """Atom -> code of its micro-grid."""
    query = select(Assignment.atom, MicroGrid.code)
    query = query.outerjoin(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
    return dict(session.execute(query.where(Assignment.plan_id == plan_id)).all())


def codes_seen(session: Session) -> dict[str, int]:
    """Code of what everybody sees -> households."""
    query = select(MicroGrid.code, MicroGrid.households)
    query = query.where(MicroGrid.valid_from.is_not(None), MicroGrid.valid_to.is_(None))
    return dict(session.execute(query).all())
