"""Importing a plan outside the request: asked for, followed, called off.

The whole import is one transaction of a worker, in which the draft and the word ``done`` appear together: a
worker that is killed leaves nothing of it, and the next one begins again. How far it is, is told in small
transactions beside it. It holds an advisory lock that ends with the transaction, so that one whose worker
died can be told from one that is being made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from gridmap.db import Database, sql
from gridmap.errors import BadInput, Conflict, FieldError, GridMapError, NotAllowed, NotFound, Unavailable
from gridmap.models import Account, Area, PlanImport
from gridmap.services import audit
from gridmap.services.accounts import actor_of_account
from gridmap.services.actors import SYSTEM, Actor, require
from gridmap.services.jobs import defer
from gridmap.services.plan_imports import Imported, Source, import_plan, require_importable

IMPORT_LOCK = 0x696D7074  # "impt": with the import's id, held while it is made
KEPT = timedelta(days=7)
UNFINISHED = ("waiting", "working")
REFUSALS: Mapping[str, type[GridMapError]] = {
    kind.slug: kind for kind in (BadInput, Conflict, NotAllowed, NotFound, Unavailable)
}


class _CalledOff(Exception):
    """Nobody wants this import any more."""


def request_import(
    session: Session,
    actor: Actor,
    area_code: str,
    source: Source,
    content: bytes,
    *,
    rules: dict[str, Any] | None = None,
) -> PlanImport:
    """Enter a file that a worker will make into a draft; what the actor sent a week ago is forgotten.

    Parameters
    ----------
    source
        Name of the file, and how it is to be read.
    content
        The file.

    Raises
    ------
    NotFound
        If there is no such area for the actor.
    BadInput
        If the area has no grids, the rules fit nobody, or the name is that of no file we read.
    """
    area, _, _ = require_importable(session, actor, area_code, source, rules)
    old = (PlanImport.account_id == actor.account_id, PlanImport.finished_at < func.now() - KEPT)
    session.execute(delete(PlanImport).where(*old))
    options = {"layer": source.layer, "crs": source.crs, "code_column": source.code_column, "rules": rules}
    asked = PlanImport(
        area_id=area.id,
        account_id=actor.account_id,
        status="waiting",
        file_name=source.path.name,
        content=content,
        options=options,
    )
    session.add(asked)
    session.flush()
    audit.record(session, actor, "sent", "plan_import", asked.id, area=area.code, bytes=len(content))
    defer(session, "import_plan", import_id=asked.id)
    return asked


def get_import(session: Session, actor: Actor, import_id: int) -> PlanImport:
    """Get an import of the actor's own, with what came of it; raises NotFound if there is none."""
    require(actor, "plans.write")
    query = select(PlanImport).where(PlanImport.id == import_id, PlanImport.account_id == actor.account_id)
    whole = (undefer(PlanImport.answer), undefer(PlanImport.refusal))
    found = session.scalar(query.options(*whole).execution_options(populate_existing=True))
    if found is None:
        raise NotFound("no_such", kind="import", code=import_id)
    return found


def find_refusal(asked: PlanImport) -> GridMapError | None:
    """Find why an import came to nothing; None if it did not, or if it was called off."""
    told = asked.refusal
    if told is None:
        return None
    kind = REFUSALS[told["slug"]]
    if kind is BadInput:
        fields = [FieldError(**one) for one in told["fields"]]
        return BadInput(told["message"], fields=fields, **told["details"])
    return kind(told["message"], **told["details"])


def find_broken_off(session: Session, asked: PlanImport) -> bool:
    """Find out whether the worker of an import has died; another one begins it again."""
    keys = {"key": IMPORT_LOCK, "import_id": asked.id}
    return asked.status == "working" and not session.scalar(sql("plan_import_is_made"), keys)


def cancel_import(session: Session, actor: Actor, import_id: int) -> PlanImport:
    """Call an import off: nothing of it is written.

    Raises
    ------
    NotFound
        If the actor has none of this number.
    Conflict
        If it is over.
    """
    asked = get_import(session, actor, import_id)
    session.refresh(asked, ["status"], with_for_update=True)
    if asked.status not in UNFINISHED:
        raise Conflict("import_over")
    _close(asked, "cancelled")
    audit.record(session, actor, "cancelled", "plan_import", asked.id)
    return asked


def run_import(database: Database, import_id: int, *, heed: Callable[[], None] = lambda: None) -> None:
    """Make an import; one that is over, called off, or being made by somebody else is left alone.

    Parameters
    ----------
    heed
        Called now and then; what it raises ends the work, and nothing of it is written.

    Raises
    ------
    Unavailable
        If the database went away; nothing was written.
    """

    def tell(stage: str, done: int, total: int) -> None:
        heed()
        with database.transaction() as beside:
            wanted = (PlanImport.id == import_id, PlanImport.status.in_(UNFINISHED))
            how_far = {"status": "working", "stage": stage, "grids_done": done, "grids_total": total}
            begun = PlanImport.attempts + (1 if stage == "reading" else 0)
            told = update(PlanImport).where(*wanted).values(**how_far, attempts=begun)
            if not beside.scalar(told.returning(PlanImport.id)):
                raise _CalledOff

    try:
        with database.transaction() as session:
            lock = text("SELECT pg_try_advisory_xact_lock(:key, :import_id)")
            asked = session.get(PlanImport, import_id, options=[undefer(PlanImport.content)])
            if asked is None or not session.scalar(lock, {"key": IMPORT_LOCK, "import_id": import_id}):
                return
            refusal: GridMapError | None = None
            made: Imported | None = None
            try:
                with session.begin_nested():
                    made = _import(session, asked, tell)
            except Unavailable:
                raise
            except GridMapError as error:
                refusal = error
            except (IntegrityError, psycopg.IntegrityError):  # a grid or building went since it was read
                refusal = Conflict("import_data_changed")
            session.refresh(asked, ["status"], with_for_update=True)
            if asked.status not in UNFINISHED:
                raise _CalledOff
            _close(asked, "done" if made else "failed", made=made, refusal=refusal)
    except _CalledOff:
        return


def fail_abandoned_imports(session: Session) -> int:
    """Mark imports as failed that no job will make any more; gives their number."""
    ids = session.scalars(sql("plan_imports_abandoned")).all()
    for asked in session.scalars(select(PlanImport).where(PlanImport.id.in_(ids)).with_for_update()):
        _close(asked, "failed", refusal=Conflict("import_broken_off"))
        audit.record(session, SYSTEM, "failed", "plan_import", asked.id)
    return len(ids)


def _import(session: Session, asked: PlanImport, tell: Callable[[str, int, int], None]) -> Imported:
    """Make the draft as the one who sent the file; what he may do is asked anew."""
    actor = SYSTEM
    if asked.account_id is not None:
        names = select(Account.username).where(Account.id == asked.account_id)
        actor = actor_of_account(session, session.scalars(names).one())
    options = dict(asked.options)
    rules = options.pop("rules")
    area_code = session.scalars(select(Area.code).where(Area.id == asked.area_id)).one()
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder) / asked.file_name
        path.write_bytes(asked.content or b"")
        return import_plan(session, actor, area_code, Source(path, **options), rules=rules, tell=tell)


def _close(
    asked: PlanImport, status: str, *, made: Imported | None = None, refusal: GridMapError | None = None
) -> None:
    """End an import; its file is not needed any more."""
    asked.status, asked.content, asked.finished_at = status, None, func.now()
    if made is not None:
        asked.plan_id = made.plan.id
        asked.answer = {
            "rows": made.rows,
            "buildings_unassigned": made.buildings_unassigned,
            "households_unassigned": made.households_unassigned,
            "doubtful": [vars(one) | {"spot": made.spots.get(one.where)} for one in made.doubtful],
            "empty_codes": list(made.empty_codes),
            "retired_codes": list(made.retired_codes),
            "ignored": list(made.ignored),
        }
    if refusal is not None:
        fields = [vars(one) for one in getattr(refusal, "fields", ())]
        told = {"slug": refusal.slug, "message": refusal.message, "details": refusal.details}
        asked.refusal = told | {"fields": fields}
