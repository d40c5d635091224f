"""What comes in from files: one way for every kind, checked as a whole and written as a whole.

Rows go by binary COPY into a staging table, the database checks them there, and one statement a kind writes
them. Loading the same file again changes nothing; a changed row keeps its id. If any row is refused nothing
is written, unless the caller wants bad rows left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, func, select, table, text

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError, NotAllowed
from gridmap.formats.layers import Layer
from gridmap.models import Area, Building, Issue, Staff
from gridmap.models.issues import ISSUE_FLAGS
from gridmap.models.places import AREA_LEVELS
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.issue_loads import write_staged_issues
from gridmap.services.roster_shifts import unroll_patterns
from gridmap.services.staging import Stage, count_anew
from gridmap.services.walking import cut_roads

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DEFAULT_SOURCE = "city"
LOADING_LOCK = 0x6C6F6164  # "load": key of the advisory lock that lets one load write at a time
ACTIONS = MappingProxyType(
    {
        "areas": "places.load",
        "compounds": "places.load",
        "buildings": "places.load",
        "entrances": "places.load",
        "barriers": "places.load",
        "roads": "places.load",
        "stations": "places.load",
        "staff": "staff.load",
        "postings": "staff.load",
        "shifts": "staff.load",
        "issues": "issues.load",
        "visits": "visits.load",
        "listings": "listings.load",
    }
)
# What follows from the rows just written, kind -> queries in order. Each looks at the staged rows and at what
# they touch, not at all there is: a city comes in parts, and the last must not take longer than the first.
REFRESH: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "areas": (
            "place_buildings",
            "place_stations",
            "place_issues",
            "flag_issues_outside",
            "refresh_spots_areas",
        ),
        "compounds": ("place_compounds",),
        "entrances": ("count_entrances",),
        "stations": ("refresh_spots_stations",),
    }
)
# Kinds that change in which grids compounds lie; ``find_compounds_<kind>`` tells which compounds.
MOVES_COMPOUNDS = ("areas", "compounds", "buildings")
# Kinds that weekly patterns give way to.
MOVES_ROSTERS = ("postings", "shifts")


@dataclass(frozen=True)
class LoadReport:
    """What a load did.

    Attributes
    ----------
    inserted, updated, unchanged
        Rows written, rows changed, rows that were there as they are.
    mended
        Geometries that had to be mended.
    rejected
        Rows left out, and why; empty unless bad rows were to be skipped.
    notes
        Further figures: households that are estimates, buildings in no grid, issues by flag, visits that stay
        as phones have said.
    """

    kind: str
    inserted: int
    updated: int
    unchanged: int
    mended: int
    rejected: tuple[FieldError, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)


def load_layer(
    session: Session,
    actor: Actor,
    kind: str,
    layer: Layer,
    *,
    source: str = DEFAULT_SOURCE,
    skip_bad: bool = False,
    progress: Callable[[int], None] | None = None,
) -> LoadReport:
    """Write one layer; see `load_layers`."""
    return load_layers(session, actor, kind, (layer,), source=source, skip_bad=skip_bad, progress=progress)


def load_layers(
    session: Session,
    actor: Actor,
    kind: str,
    layers: Iterable[Layer],
    *,
    source: str = DEFAULT_SOURCE,
    skip_bad: bool = False,
    progress: Callable[[int], None] | None = None,
) -> LoadReport:
    """Write the parts of one file, all of it or nothing.

    Parameters
    ----------
    kind
        A kind of the import contract.
    layers
        Parts as `gridmap.formats.layers.read_layers` gives them; no key stands twice in them.
    source
        Names the file's origin: with the row's id it is the key of buildings, roads, barriers and issues.
    skip_bad
        Leave refused rows out instead of writing nothing.
    progress
        Told the rows read so far.

    Raises
    ------
    NotAllowed
        If the actor's role, or a scope narrower than the city, does not let it load.
    BadInput
        With every refused row, unless ``skip_bad``; nothing is written then.
    """
    require(actor, ACTIONS[kind])
    if actor.area_ids is not None:
        raise NotAllowed(action=ACTIONS[kind], role=actor.role)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOADING_LOCK})
    stage = Stage(session, kind)
    try:
        stage.add(layers, progress or (lambda _rows: None))
        stage.check(source)
        if stage.rejected and not skip_bad:
            raise BadInput("load_refused", fields=stage.rejected, count=len(stage.rejected))
    except BadInput:
        # The caller may go on in this transaction; after an error of the database it cannot.
        stage.drop()
        raise
    inserted, updated = _write(session, kind, source, stage.rows)
    _refresh(session, kind, source, inserted)
    if kind == "roads" and inserted + updated:
        cut_roads(session, source)
    if kind in MOVES_ROSTERS and inserted + updated:
        unroll_patterns(session, staff_ids=_named_staff(session, stage))
    if kind == "buildings" and inserted + updated:
        session.execute(sql("settle_addresses"))
    notes = _notes(session, kind, source)
    stage.drop()
    session.expire_all()
    report = LoadReport(
        kind=kind,
        inserted=inserted,
        updated=updated,
        unchanged=stage.rows - inserted - updated,
        mended=stage.mended,
        rejected=tuple(stage.rejected),
        notes=notes,
    )
    figures = {
        "inserted": inserted,
        "updated": updated,
        "rejected": len(report.rejected),
        "mended": report.mended,
    }
    record(session, actor, "loaded", kind, source, **figures)
    return report


def _write(session: Session, kind: str, source: str, rows: int) -> tuple[int, int]:
    """Write the staged rows; gives how many are new and how many have changed."""
    if kind == "areas":
        written = [session.execute(sql("load_areas"), {"level": level}).one() for level in AREA_LEVELS]
        session.execute(sql("refresh_lineages"))
        return sum(row.inserted for row in written), sum(row.updated for row in written)
    if kind == "issues":
        return write_staged_issues(session, source, rows)
    row = _execute(session, f"load_{kind}", source).one()
    return row.inserted, row.updated


def _refresh(session: Session, kind: str, source: str, inserted: int) -> None:
    """Bring up to date what follows from the staged rows."""
    if kind != "issues":
        count_anew(session, kind, inserted)
    for query in REFRESH.get(kind, ()):
        _execute(session, query, source)
    if kind in MOVES_COMPOUNDS:
        compounds = _execute(session, f"find_compounds_{kind}", source).scalars().all()
        _execute(session, "refresh_compound_grids", source, compounds)


def _named_staff(session: Session, stage: Stage) -> Sequence[int]:
    """Find the staff that the staged rows name."""
    codes: Any = select(column("staff_code")).select_from(table(stage.table))
    return session.scalars(select(Staff.id).where(Staff.code.in_(codes))).all()


def _execute(session: Session, name: str, source: str, compounds: Sequence[int] = ()) -> Any:
    """Run a query with the parameters it names."""
    known = {
        "source": source,
        "share": 0.01,
        "compounds": list(compounds),
    }
    query = sql(name)
    return session.execute(query, {key: known[key] for key in query.compile().params})


def _notes(session: Session, kind: str, source: str) -> dict[str, int]:
    if kind == "buildings":
        of_source = select(func.count()).select_from(Building).where(Building.source == source)
        notes = {"estimated": session.scalar(of_source.where(Building.households_estimated)) or 0}
        if session.scalar(select(Area.id).where(Area.level == "grid").limit(1)):
            notes["outside_grids"] = session.scalar(of_source.where(Building.grid_id.is_(None))) or 0
        return notes
    if kind == "issues":
        flag = func.unnest(Issue.flags).label("flag")
        flagged = select(flag).where(Issue.source == source).subquery()
        rows = session.execute(select(flagged.c.flag, func.count()).group_by(flagged.c.flag))
        counted = {row.flag: row[1] for row in rows}
        return {name: counted.get(name, 0) for name in ISSUE_FLAGS}
    if kind == "visits":
        return dict(session.execute(sql("count_visits_told")).mappings().one())
    return {}
