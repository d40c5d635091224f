"""Plans from outside: a file sent as a form becomes a new draft, made by the worker."""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from flask import request, url_for
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from gridmap.errors import FieldError
from gridmap.services import plan_import_runs as service
from gridmap.services.actors import Actor, require
from gridmap.services.places import find_areas_by_id
from gridmap.services.plan_imports import Source, Spot
from gridmap.services.plans import get_plan
from gridmap.web.inputs import Code, Input, Words
from gridmap.web.outputs import Degrees, Out, ProblemField, ProblemOut
from gridmap.web.problems import build_problem
from gridmap.web.sign_in import current_actor, database, in_transaction, language_of_request

if TYPE_CHECKING:
    from collections.abc import Callable

plan_imports = APIBlueprint("api_plan_imports", __name__, url_prefix="/api/v1", tag="plan-files")

MOST_BYTES = 32_000_000  # a district of 200,000 rows, or 20,000 polygons with many corners
LONGEST_NAME = 60  # characters: a file system counts bytes, at most 255

Households = Annotated[int | None, Field(ge=1, le=10_000)]


class ImportForm(Input):
    """A file and how to read it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Annotated[
        UploadFile,
        Field(
            description=".csv, .xlsx: building, entrance, floors, micro-grid; .gpkg, .geojson, .zip: polygons"
        ),
    ]
    area: Annotated[Code, Field(description="code of the area that the draft divides")]
    layer: Annotated[Words | None, Field(description="layer or sheet, where there are several")] = None
    crs: Annotated[Words | None, Field(description="of polygons, where the file does not name it")] = None
    code_column: Annotated[Words | None, Field(description="column that names a polygon's micro-grid")] = None
    households_min: Households = None
    households_max: Households = None
    households_target: Households = None


class DoubtOut(ProblemField):
    """Something to look at, and where it is."""

    building_id: int | None = Field(description="null = a polygon")
    lon: Degrees | None = Field(description="null = it has no shape")
    lat: Degrees | None


class DraftOut(Out):
    """The new draft, and what somebody should look at."""

    plan_id: int
    status: str
    rows: int = Field(description="rows or polygons of the file")
    measures: dict[str, Any]
    buildings_unassigned: int = Field(description="buildings left without a micro-grid, wholly or in part")
    households_unassigned: int
    doubtful: list[DoubtOut] = Field(
        description="buildings and polygons that are not plain; `column` is the micro-grid"
    )
    empty_codes: list[str] = Field(description="polygons that got no building: they cannot tell floors")
    retired_codes: list[str] = Field(description="codes in use once and given up since")
    ignored: list[str] = Field(description="columns of the file that say nothing here")


class ImportOut(Out):
    """A file on its way to a draft."""

    id: int
    area_code: str
    file_name: str
    status: str = Field(description="waiting, working, done, failed or cancelled")
    stage: str = Field(description="reading, matching, drawing or finishing; empty before")
    grids_done: int
    grids_total: int
    attempts: int = Field(description="how often it was begun; more than once when a worker died")
    is_broken_off: bool = Field(description="its worker has died; nothing is written, another begins again")
    created_at: datetime
    finished_at: datetime | None
    draft: DraftOut | None = Field(description="when it is done; null when the draft was removed since")
    problem: ProblemOut | None = Field(description="why it failed, with every row")


@plan_imports.url_value_preprocessor
def allow_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let larger bodies in than elsewhere, before anybody looks at the form."""
    request.max_content_length = MOST_BYTES


def for_planners(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse who may not write plans before the file is read; no transaction waits while it comes in."""

    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with database().transaction() as opened:
            require(current_actor(opened), "plans.write")
        return view(*args, **kwargs)

    return inside


@plan_imports.post("/plans/imports")
@for_planners
@plan_imports.input(ImportForm, location="form_and_files")
@plan_imports.output(ImportOut, status_code=202)
@in_transaction
def create_from_file(
    session: Session, actor: Actor, form_and_files_data: ImportForm
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Send an equivalency list or polygons for a new draft; the worker makes it, see its progress"""
    form = form_and_files_data
    names = ("households_min", "households_max", "households_target")
    rules = {name: getattr(form, name) for name in names if getattr(form, name) is not None}
    path = Path(_own_name(form.file.filename or ""))
    source = Source(path, layer=form.layer, crs=form.crs, code_column=form.code_column)
    asked = service.request_import(session, actor, form.area, source, form.file.read(), rules=rules)
    session.refresh(asked)
    return _describe(session, actor, asked), 202, {"Location": url_for(".get_import", import_id=asked.id)}


@plan_imports.get("/plans/imports/<id:import_id>")
@plan_imports.output(ImportOut)
@in_transaction
def get_import(session: Session, actor: Actor, import_id: int) -> dict[str, Any]:
    """See how far a file of yours is, and what became of it"""
    return _describe(session, actor, service.get_import(session, actor, import_id))


@plan_imports.post("/plans/imports/<id:import_id>/cancel")
@plan_imports.output(ImportOut)
@in_transaction
def cancel_import(session: Session, actor: Actor, import_id: int) -> dict[str, Any]:
    """Call a file of yours off; nothing of it is written"""
    return _describe(session, actor, service.cancel_import(session, actor, import_id))


def _own_name(name: str) -> str:
    """Give the last part of a file's name with its ending: errors say it, nothing else is done with it."""
    storable = name.replace("\\", "/").replace("\0", "").encode("utf-8", "replace").decode()
    plain = PurePath(storable).name[-LONGEST_NAME:]
    return plain if plain.strip(".") else "file"


def _describe(session: Session, actor: Actor, asked: service.PlanImport) -> dict[str, Any]:
    refusal = service.find_refusal(asked)
    names = set(ImportOut.model_fields) - {"area_code", "is_broken_off", "draft", "problem"}
    return {
        **{name: getattr(asked, name) for name in names},
        "area_code": find_areas_by_id(session, [asked.area_id])[asked.area_id].code,
        "is_broken_off": service.find_broken_off(session, asked),
        "draft": _describe_draft(session, actor, asked) if asked.plan_id else None,
        "problem": build_problem(refusal, language_of_request()) if refusal else None,
    }


def _describe_draft(session: Session, actor: Actor, asked: service.PlanImport) -> dict[str, Any]:
    plan = get_plan(session, actor, asked.plan_id or 0)
    answer = asked.answer or {}
    doubtful = [_describe_doubt(**doubt) for doubt in answer["doubtful"]]
    return answer | {
        "plan_id": plan.id,
        "status": plan.status,
        "measures": plan.measures,
        "doubtful": doubtful,
    }


def _describe_doubt(spot: list[Any] | None, **told: str) -> dict[str, Any]:
    place = dict.fromkeys(Spot._fields) if spot is None else Spot(*spot)._asdict()
    return {**told, "text": FieldError(**told).text(language_of_request()), **place}
