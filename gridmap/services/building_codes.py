"""Codes on the doors of buildings: issued with their stickers, revoked, found again by what a sticker says.

A code is 130 random bits; its SHA-256 is kept and nothing else, so that a sticker cannot be printed twice:
a lost one is replaced, and the old one is worth nothing from then on.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, select, update

from gridmap.errors import BadInput, Gone, NotFound, TooMany
from gridmap.models import Area, Building, BuildingCode, CodeUse, Compound
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.audit import record
from gridmap.services.places import get_area

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.rows import AnyRow

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, which are read as 1, 1, 0; five bits each."""
LENGTH = 26
_AS_READ = str.maketrans("ILO", "110")
MOST_PLACES = 2_000

WINDOW = timedelta(hours=1)
MISSES = 30  # tries of codes that do not exist, from one address
PER_SENDER_AND_CODE = 6
PER_SENDER = 60  # many phones stand behind one address of a telephone company
PER_CODE = 60


@dataclass(frozen=True)
class IssuedCode:
    """A code just issued, with what its sticker says in words; `token` is in no database.

    Attributes
    ----------
    entrance_number
        None = the building as a whole.
    """

    token: str
    building_id: int
    entrance_number: int | None
    building: str
    compound: str
    community: str


@dataclass(frozen=True)
class OpenCode:
    """A valid code and the door it stands for."""

    id: int
    building_id: int
    entrance_number: int | None
    building: str
    compound: str


def issue_codes(
    session: Session,
    actor: Actor,
    *,
    area_code: str | None = None,
    building_id: int | None = None,
    replace: bool = False,
) -> list[IssuedCode]:
    """Issue codes for the doors of a building, or of all buildings with households in an area.

    A building with several entrances gets one for each, any other one.

    Parameters
    ----------
    replace
        Also where a valid code is: that one is revoked. Else such places are left out.

    Raises
    ------
    NotFound
        If there is no such area or building in the actor's scope.
    BadInput
        If there is nothing to issue, or more than `MOST_PLACES`.
    """
    require(actor, "codes.issue")
    if building_id is not None:
        where, subject, subject_id = [Building.id == building_id], "building", str(building_id)
    else:
        area = get_area(session, actor, area_code or "")
        inside = select(Area.id).where(Area.lineage.contains([area.id]))
        where, subject, subject_id = (
            [Building.grid_id.in_(inside), Building.households > 0],
            "area",
            area.code,
        )
    buildings = _lock_buildings(session, [*where, scope_of(actor, Building.grid_id)])
    if building_id is not None and not buildings:
        raise NotFound
    taken = _list_valid(session, buildings)
    wanted = [
        (building, number)
        for building in buildings
        for number in _doors_of(building)
        if replace or (building.id, number) not in taken
    ]
    if not wanted:
        raise BadInput("codes_none" if not taken else "codes_all_issued")
    if len(wanted) > MOST_PLACES:
        raise BadInput("codes_too_many", count=len(wanted), most=MOST_PLACES)
    revoked = _revoke(session, [building.id for building in buildings]) if replace else 0
    issued = [_issue(building, number) for building, number in wanted]
    session.add_all(
        BuildingCode(
            building_id=one.building_id, entrance_number=one.entrance_number, digest=digest_of(one.token)
        )
        for one in issued
    )
    record(session, actor, "codes_issued", subject, subject_id, issued=len(issued), revoked=revoked)
    return issued


def revoke_codes(session: Session, actor: Actor, building_id: int) -> int:
    """Make all codes of a building worthless at once; how many they were.

    Raises
    ------
    NotFound
        If the building does not exist or lies outside the actor's scope, or has no valid code.
    """
    require(actor, "codes.issue")
    where = [Building.id == building_id, scope_of(actor, Building.grid_id)]
    if not _lock_buildings(session, where):
        raise NotFound
    revoked = _revoke(session, [building_id])
    if not revoked:
        raise NotFound("no_valid_code", building=building_id)
    record(session, actor, "codes_revoked", "building", building_id, revoked=revoked)
    return revoked


def count_valid_codes(session: Session, actor: Actor, building_id: int) -> int:
    """Count the valid codes of a building."""
    require(actor, "codes.issue")
    query = select(func.count()).where(
        BuildingCode.building_id == building_id, BuildingCode.revoked_at.is_(None)
    )
    return session.scalar(query) or 0


def open_code(session: Session, token: str, sender: str) -> OpenCode | None:
    """Find the door that a sticker stands for.

    Parameters
    ----------
    sender
        Digest of who asks, for the limit on guessing.

    Returns
    -------
    OpenCode or None
        None when there is no such code; the try is counted, so the caller must commit even then.

    Raises
    ------
    Gone
        If the code was revoked: it never leads to another door.
    TooMany
        After too many tries of codes that do not exist; a valid one is found even then.
    """
    query = (
        select(
            BuildingCode.id,
            BuildingCode.revoked_at,
            BuildingCode.building_id,
            BuildingCode.entrance_number,
            Building.name,
            Building.address,
            Compound.name.label("compound"),
        )
        .join(Building, Building.id == BuildingCode.building_id)
        .outerjoin(Compound, Compound.id == Building.compound_id)
        .where(BuildingCode.digest == digest_of(token))
    )
    row = session.execute(query).one_or_none()
    if row is None:
        _brake(session, [CodeUse.sender == sender, CodeUse.code_id.is_(None)], MISSES)
        session.add(CodeUse(sender=sender))
        session.flush()
        return None
    if row.revoked_at is not None:
        raise Gone("code_revoked")
    name = row.name or row.address or str(row.building_id)
    return OpenCode(row.id, row.building_id, row.entrance_number, name, row.compound or "")


def note_use(session: Session, code: OpenCode, sender: str) -> None:
    """Count a report by a code against its limits; one report by a code at a time passes here.

    The limits of an address and a code together are far below those of the code, so that somebody who sends
    much from one address does not silence the neighbours.

    Raises
    ------
    TooMany
        When the address, or the code, has sent as much as it may in an hour.
    """
    session.get_one(BuildingCode, code.id, with_for_update=True)
    by_sender, by_code = CodeUse.sender == sender, CodeUse.code_id == code.id
    _brake(session, [by_sender, by_code], PER_SENDER_AND_CODE)
    _brake(session, [by_sender, CodeUse.code_id.is_not(None)], PER_SENDER)
    _brake(session, [by_code], PER_CODE)
    session.add(CodeUse(code_id=code.id, sender=sender))
    session.flush()


def digest_of(token: str) -> bytes:
    """Give what is kept of a token; letters are read as they are mistaken by people who type them."""
    read = token.upper().translate(_AS_READ)
    return hashlib.sha256(read.encode("utf-8", "surrogatepass")).digest()


def make_token() -> str:
    """Make what a sticker says."""
    bits = secrets.randbits(5 * LENGTH)
    return "".join(LETTERS[bits >> 5 * place & 31] for place in range(LENGTH))


def _brake(session: Session, which: list[ColumnElement[bool]], limit: int) -> None:
    now = datetime.now(UTC)
    query = select(CodeUse.at).where(*which, CodeUse.at > now - WINDOW).order_by(CodeUse.at.desc())
    latest = session.scalars(query.limit(limit)).all()
    if len(latest) == limit:
        # The use that must first fall out of the hour before there is room for another.
        raise TooMany(retry_after_s=int((latest[-1] + WINDOW - now).total_seconds()) + 1)


def _lock_buildings(session: Session, where: list[ColumnElement[bool]]) -> list[AnyRow]:
    """Lock buildings, so that nobody else issues their codes meanwhile; ordered as one walks."""
    query = (
        select(
            Building.id,
            Building.name,
            Building.address,
            Building.entrance_count,
            Compound.name.label("compound"),
            Area.name.label("community"),
        )
        .outerjoin(Compound, Compound.id == Building.compound_id)
        .outerjoin(Area, Area.id == Building.grid_id)
        .where(*where)
        .order_by(Compound.name, Building.id)
        .with_for_update(of=Building, key_share=True)
    )
    return list(session.execute(query).all())


def _doors_of(building: AnyRow) -> list[int | None]:
    return list(range(1, building.entrance_count + 1)) if building.entrance_count > 1 else [None]


def _list_valid(session: Session, buildings: list[AnyRow]) -> set[tuple[int, int | None]]:
    query = select(BuildingCode.building_id, BuildingCode.entrance_number).where(
        BuildingCode.building_id.in_([building.id for building in buildings]),
        BuildingCode.revoked_at.is_(None),
    )
    return {(row.building_id, row.entrance_number) for row in session.execute(query)}


def _revoke(session: Session, building_ids: list[int]) -> int:
    ended = (
        update(BuildingCode)
        .where(BuildingCode.building_id.in_(building_ids), BuildingCode.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
        .returning(BuildingCode.id)
    )
    return len(session.scalars(ended.execution_options(synchronize_session=False)).all())


def _issue(building: AnyRow, number: int | None) -> IssuedCode:
    return IssuedCode(
        token=make_token(),
        building_id=building.id,
        entrance_number=number,
        building=building.name or building.address or str(building.id),
        compound=building.compound or "",
        community=building.community or "",
    )
