"""Plans from outside: a file sent as a form becomes a new draft."""

from __future__ import annotations

import tempfile
from functools import wraps
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from flask import request, url_for
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from gridmap.services.actors import Actor, require
from gridmap.services.plan_imports import Imported, Source, Spot, import_plan
from gridmap.web.inputs import Code, Input, Words
from gridmap.web.outputs import Degrees, Out, ProblemField
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


class ImportOut(Out):
    """A new draft, and what somebody should look at."""

    plan_id: int
    area_code: str
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


@plan_imports.post("/plans/import")
@for_planners
@plan_imports.input(ImportForm, location="form_and_files")
@plan_imports.output(ImportOut, status_code=201)
@in_transaction
def create_from_file(
    session: Session, actor: Actor, form_and_files_data: ImportForm
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Make a draft from an equivalency list or from polygons; all of it or nothing"""
    form = form_and_files_data
    names = ("households_min", "households_max", "households_target")
    rules = {name: getattr(form, name) for name in names if getattr(form, name) is not None}
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder) / _own_name(form.file.filename or "")
        form.file.save(path)
        form.file.close()
        source = Source(path, layer=form.layer, crs=form.crs, code_column=form.code_column)
        made = import_plan(session, actor, form.area, source, rules=rules)
    address = url_for("api_plans.get_plan", plan_id=made.plan.id)
    return _describe(made), 201, {"Location": address}


def _own_name(name: str) -> str:
    """Give the last part of a file's name with its ending: errors say it, nothing else is done with it."""
    storable = name.replace("\\", "/").replace("\0", "").encode("utf-8", "replace").decode()
    plain = PurePath(storable).name[-LONGEST_NAME:]
    return plain if plain.strip(".") else "file"


def _describe(made: Imported) -> dict[str, Any]:
    language = language_of_request()
    return {
        "plan_id": made.plan.id,
        "area_code": made.area_code,
        "status": made.plan.status,
        "rows": made.rows,
        "measures": made.plan.measures,
        "buildings_unassigned": made.buildings_unassigned,
        "households_unassigned": made.households_unassigned,
        "doubtful": [
            {**vars(one), "text": one.text(language), **_spot_of(made.spots.get(one.where))}
            for one in made.doubtful
        ],
        "empty_codes": list(made.empty_codes),
        "retired_codes": list(made.retired_codes),
        "ignored": list(made.ignored),
    }


def _spot_of(spot: Spot | None) -> dict[str, Any]:
    return {name: None if spot is None else getattr(spot, name) for name in Spot._fields}
