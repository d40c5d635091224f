"""Issues as Open311 gives them: those of its services, from every channel, as much as a reader may see.

Without a key the place is the grid (some hundred households) and the description is left out, unless the
register says that a service's are public. What is flagged has no place to be trusted and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from gridmap.errors import NotFound
from gridmap.i18n import translate
from gridmap.models import (
    Area,
    Building,
    Compound,
    Issue,
    IssueEvent,
    IssuePhoto,
    Open311Request,
    Open311Service,
)
from gridmap.models.issues import CLOSED_STATES
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.issue_merges import MERGED
from gridmap.services.open311_register import BLACKBOX
from gridmap.services.open311_texts import clean, read_id
from gridmap.services.rows import AnyRow, AnySelect, fetch
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy.orm import Session

SPAN = timedelta(days=90)
MOST_ROWS = 1_000
OPEN, CLOSED = "open", "closed"
DECIMALS = 7
FEWEST_HOUSEHOLDS = 8
"""A building of fewer is not shown to readers without a key."""

_photo = (
    select(IssuePhoto.public_code)
    .where(IssuePhoto.issue_id == Issue.id, IssuePhoto.public_code.is_not(None))
    .order_by(IssuePhoto.id)
    .limit(1)
    .correlate(Issue)
    .scalar_subquery()
)
_parent = aliased(Issue)
_merged = and_(Issue.state == MERGED, _parent.id.is_not(None))
_state = case((_merged, _parent.state), else_=Issue.state)
_closed_at = case((_merged, _parent.closed_at), else_=Issue.closed_at)
_is_closed = _state.in_(CLOSED_STATES)
_last_at = func.coalesce(
    select(func.max(IssueEvent.at)).where(IssueEvent.issue_id == Issue.id).scalar_subquery(),
    Issue.reported_at,
)
_updated_at = case((_is_closed, func.coalesce(_closed_at, _last_at)), else_=_last_at)


@dataclass(frozen=True)
class Wanted:
    """Which requests; empty or None does not filter.

    Attributes
    ----------
    ids
        When there are any, nothing else filters.
    starts_at, ends_at
        Reported from, and up to; without either it is the last 90 days.
    changed_from, changed_to
        Something happened to it from, and up to.
    """

    ids: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    changed_from: datetime | None = None
    changed_to: datetime | None = None


@dataclass(frozen=True)
class Found:
    """One part of a list, and whether there is more after it."""

    items: list[dict[str, Any]]
    has_more: bool


def list_requests(
    session: Session,
    actor: Actor,
    wanted: Wanted,
    language: str,
    *,
    page: int = 1,
    page_size: int = MOST_ROWS,
    extended: bool = False,
    address_of: Callable[[str], str],
) -> Found:
    """List requests, the newest first.

    Parameters
    ----------
    address_of
        Code of a photo that everybody may see -> its address.
    extended
        With the state in the loop and the answers to the service's questions.

    Raises
    ------
    NotFound
        If a service is unknown, or none of the ids is.
    """
    where = _where(session, actor, wanted)
    query = _requests().where(*where).order_by(Issue.reported_at.desc(), Issue.id.desc())
    rows = fetch(session, query.offset((page - 1) * page_size).limit(page_size + 1))
    if wanted.ids and not rows and page == 1:
        raise NotFound("open311_no_request", ids=", ".join(wanted.ids)[:200])
    names = _name_areas(session, rows, language)
    sees_all = actor.may("open311.details")
    items = [
        _describe(row, names, language, sees_all=sees_all, extended=extended)
        | {"media_url": address_of(row.public_code) if row.public_code else None}
        for row in rows[:page_size]
    ]
    return Found(items, len(rows) > page_size)


def list_updates(
    session: Session,
    actor: Actor,
    wanted: Wanted,
    language: str,
    *,
    page: int = 1,
    page_size: int = MOST_ROWS,
) -> Found:
    """List what happened to requests between `changed_from` and `changed_to`, the latest first."""
    happened = _between(IssueEvent.at, wanted.changed_from, wanted.changed_to)
    where = _where(session, actor, Wanted(wanted.ids, wanted.service_codes), windowed=False)
    query = (
        select(
            IssueEvent.id,
            IssueEvent.issue_id,
            IssueEvent.at,
            IssueEvent.to_state,
            func.coalesce(IssueEvent.counts_as, IssueEvent.to_state).label("state"),
            IssueEvent.outcome,
            func.coalesce(IssueEvent.parent_id, Issue.parent_id).label("parent_id"),
            IssueEvent.note,
            Open311Service.text_public,
        )
        .join(Issue, Issue.id == IssueEvent.issue_id)
        .join(Open311Service, Open311Service.category == Issue.category)
        .outerjoin(_parent, _parent.id == Issue.parent_id)
        .where(*where, *happened)
        .order_by(IssueEvent.at.desc(), IssueEvent.id.desc())
    )
    rows = fetch(session, query.offset((page - 1) * page_size).limit(page_size + 1))
    sees_all = actor.may("open311.details")
    items = [
        {
            "update_id": str(row.id),
            "service_request_id": str(row.issue_id),
            "status": CLOSED if row.state in CLOSED_STATES else OPEN,
            "extended_status": row.state,
            "description": _notes(row.to_state, row.outcome, row.parent_id, language, row.state)
            + (f" {clean(row.note)}" if row.note and (sees_all or row.text_public) else ""),
            "updated_datetime": _instant(row.at),
            "media_url": None,
        }
        for row in rows[:page_size]
    ]
    return Found(items, len(rows) > page_size)


def list_conditions() -> tuple[ColumnElement[bool], ...]:
    """List the conditions on an issue and its service under which the issue is shown at all."""
    return (Open311Service.type != BLACKBOX, func.cardinality(Issue.flags) == 0, Issue.geom.is_not(None))


def _where(
    session: Session, actor: Actor, wanted: Wanted, *, windowed: bool = True
) -> list[ColumnElement[bool]]:
    require(actor, "open311.read")
    where = [*list_conditions(), scope_of(actor, Issue.grid_id)]
    if wanted.ids:
        ids = [read_id(one) for one in wanted.ids]
        return [*where, Issue.id.in_([one for one in ids if one is not None])]
    if wanted.service_codes:
        _require_codes(session, wanted.service_codes)
        where.append(Open311Service.code.in_(wanted.service_codes))
    if len(set(wanted.statuses)) == 1:
        where.append(_is_closed if wanted.statuses[0] == CLOSED else ~_is_closed)
    if wanted.changed_from is not None or wanted.changed_to is not None:
        events = select(IssueEvent.issue_id).where(
            *_between(IssueEvent.at, wanted.changed_from, wanted.changed_to)
        )
        reported = and_(*_between(Issue.reported_at, wanted.changed_from, wanted.changed_to))
        where.append(or_(Issue.id.in_(events), reported))
        windowed = wanted.starts_at is not None or wanted.ends_at is not None
    if windowed:
        where += _window(wanted)
    return where


def _window(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Build the condition of the dates: from one on, or up to one, it is 90 days."""
    starts_at, ends_at = wanted.starts_at, wanted.ends_at
    if starts_at is None and ends_at is None:
        return [Issue.reported_at >= datetime.now(ZoneInfo(LOCAL_ZONE)) - SPAN]
    if starts_at is None and ends_at is not None:
        starts_at = ends_at - SPAN
    elif ends_at is None and starts_at is not None:
        ends_at = starts_at + SPAN
    return _between(Issue.reported_at, starts_at, ends_at)


def _between(column: Any, starts_at: datetime | None, ends_at: datetime | None) -> list[ColumnElement[bool]]:
    where = []
    if starts_at is not None:
        where.append(column >= starts_at)
    if ends_at is not None:
        where.append(column <= ends_at)
    return where


def _require_codes(session: Session, codes: Sequence[str]) -> None:
    known = set(session.scalars(select(Open311Service.code).where(Open311Service.code.in_(codes))))
    if unknown := [code for code in codes if code not in known]:
        raise NotFound("open311_no_service", code=", ".join(unknown)[:64])


def _requests() -> AnySelect:
    of_grid = func.ST_PointOnSurface(Area.geom)
    return (
        select(
            Issue.id,
            _state.label("state"),
            Issue.outcome,
            Issue.parent_id,
            Issue.state.label("own_state"),
            Issue.text,
            Issue.reported_at,
            _updated_at.label("updated_at"),
            Issue.due_at,
            Issue.organisation,
            Issue.building_id,
            Building.name.label("building_name"),
            Building.address.label("building_address"),
            Building.households,
            Compound.name.label("compound_name"),
            Area.lineage,
            func.ST_X(Issue.geom).label("lon"),
            func.ST_Y(Issue.geom).label("lat"),
            func.ST_X(of_grid).label("grid_lon"),
            func.ST_Y(of_grid).label("grid_lat"),
            Open311Service,
            Open311Request.address.label("written"),
            Open311Request.attributes.label("answers"),
            _photo.label("public_code"),
        )
        .join(Open311Service, Open311Service.category == Issue.category)
        .outerjoin(_parent, _parent.id == Issue.parent_id)
        .outerjoin(Building, Building.id == Issue.building_id)
        .outerjoin(Compound, Compound.id == Issue.compound_id)
        .outerjoin(Area, Area.id == Issue.grid_id)
        .outerjoin(Open311Request, Open311Request.issue_id == Issue.id)
    )


def _name_areas(session: Session, rows: Iterable[AnyRow], language: str) -> dict[int, str]:
    ids = {area_id for row in rows for area_id in row.lineage or ()}
    query = select(Area.id, Area.name, Area.name_en).where(Area.id.in_(ids))
    return {
        row.id: (row.name_en if language == "en" and row.name_en else row.name)
        for row in fetch(session, query)
    }


def _describe(
    row: AnyRow, names: dict[int, str], language: str, *, sees_all: bool, extended: bool
) -> dict[str, Any]:
    service: Open311Service = row.Open311Service
    is_seen = row.building_id is None or row.households >= FEWEST_HOUSEHOLDS
    sees_place = sees_all or (service.place_public and is_seen)
    sees_text = sees_all or service.text_public
    lon, lat = (row.lon, row.lat) if sees_place or row.grid_lon is None else (row.grid_lon, row.grid_lat)
    around = [names[area_id] for area_id in reversed(row.lineage or ())]
    here = [row.written if sees_text else "", row.building_address or row.building_name, row.compound_name]
    address = ", ".join(clean(part) for part in [*(here if sees_place else ()), *around] if part)
    request = {
        "service_request_id": str(row.id),
        "status": CLOSED if row.state in CLOSED_STATES else OPEN,
        "status_notes": _notes(row.own_state, row.outcome, row.parent_id, language, row.state),
        "service_name": service.name_zh if language == "zh" else service.name_en,
        "service_code": service.code,
        "description": (clean(row.text) or None) if sees_text else None,
        "agency_responsible": clean(row.organisation) or None,
        "service_notice": None,
        "requested_datetime": _instant(row.reported_at),
        "updated_datetime": _instant(row.updated_at),
        "expected_datetime": _instant(row.due_at),
        "address": address or None,
        "address_id": str(row.building_id) if sees_place and row.building_id is not None else None,
        "zipcode": None,
        "lat": round(lat, DECIMALS),
        "long": round(lon, DECIMALS),
        "media_url": None,  # that of the first photo that everybody may see is put here
    }
    if extended:
        request["extended_status"] = row.state
        request["extended_attributes"] = _answers(row.answers or {}) if sees_text else []
    return request


def _answers(answers: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [{"code": code, "values": values} for code, values in answers.items()]


def _notes(
    state: str, outcome: str | None, parent_id: int | None, language: str, counts_as: str | None = None
) -> str:
    """Say the real state in words; the interface itself has but two."""
    words = translate(f"pages.state_{state}", language)
    if state == MERGED:
        if parent_id is None:
            return words
        now = translate(f"pages.state_{counts_as or state}", language)
        return translate("open311.merged", language, parent=parent_id, state=now)
    if outcome and outcome not in (state, MERGED):
        words += translate(
            "open311.outcome", language, outcome=translate(f"handling.outcome_{outcome}", language)
        )
    return words


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(ZoneInfo(LOCAL_ZONE)).isoformat(timespec="seconds")
