"""Plans: asked for, made by the worker, checked, published, taken away as files."""

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from apiflask import APIBlueprint, FileSchema
from flask import Response, url_for
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.formats.plan_files import as_csv, as_geojson, as_xlsx, write_plan
from gridmap.services import locks, plan_lives
from gridmap.services import plans as service
from gridmap.services.actors import Actor
from gridmap.services.jobs import defer
from gridmap.services.micro_grids import list_plan_findings
from gridmap.services.places import find_areas_by_id
from gridmap.services.plan_checks import blocking
from gridmap.services.plan_export import export_plan
from gridmap.web.bodies import optional_body
from gridmap.web.inputs import LARGEST_ID, LARGEST_PAGE, Code, Input, Moment, PageByCode, PageById
from gridmap.web.micro_grids import MicroGridPage, answer_micro_grids
from gridmap.web.outputs import FeatureCollection, Out, PageOut, answer_features, build_page
from gridmap.web.sign_in import in_transaction

plans = APIBlueprint("api_plans", __name__, url_prefix="/api/v1", tag="plans")

MIME_TYPES = {
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
UNREADY = ("computing", "failed")
LARGEST_SEED = 2**31 - 1


class PlanOut(Out):
    """A plan."""

    id: int
    area_code: str
    area_name: str
    status: str = Field(description="computing, failed, draft, submitted, published or superseded")
    progress_share: float = Field(description="0-1, while it is being made")
    message: str = Field(description="why it failed")
    seed: int
    based_on: int | None = Field(description="plan whose locked micro-grids it keeps; null = the published")
    rules: dict[str, Any]
    measures: dict[str, Any]
    created_at: datetime
    published_at: datetime | None
    branched_from: int | None = Field(description="plan it was copied from")
    effective_at: datetime | None = Field(description="when it will be published by itself")


class PlanPage(PageOut[PlanOut]):
    """Part of the plans."""


class FindingOut(Out):
    """A broken or strained rule."""

    kind: str
    severity: str = Field(description="blocking or warning")
    grid: str | None
    micro_grid: str | None
    details: dict[str, Any]


class WaivedOut(Out):
    """Who approved an exception, until when, and why."""

    id: int
    by: str
    at: datetime
    until: date | None = Field(description="last day; null = no end")
    reason: str


class CheckedOut(FindingOut):
    """A finding of a check."""

    key: str = Field(description="the same for the same fault in every check of the plan")
    is_waivable: bool
    waived: WaivedOut | None


class FindingList(Out):
    """What a check found: what blocks first, then what was waived, then warnings."""

    findings: list[CheckedOut]
    blocking: int = Field(description="how many stand against publishing")


class PlanChanges(Out):
    """What publishing would change."""

    micro_grids_new: int
    micro_grids_kept: int
    micro_grids_retired: int
    households_moved: int
    households_before: int = Field(description="of everything published in the area")


class PlanDetailsOut(PlanOut):
    """A plan with what the engine found, and what publishing it would change."""

    findings: list[FindingOut]
    changes: PlanChanges | None = Field(description="null while it has no micro-grids")


class PlansQuery(PageById):
    """Which plans."""

    area: Annotated[Code | None, Field(description="of this area and everything below it")] = None


class ExportQuery(Input):
    """How much of a plan."""

    area: Annotated[Code | None, Field(description="only what lies in this area")] = None


class RulesBody(Input):
    """The household band; what is left out is the city's."""

    households_min: Annotated[int, Field(ge=1, le=10_000)] = 50
    households_max: Annotated[int, Field(ge=1, le=10_000)] = 80
    households_target: Annotated[int, Field(ge=1, le=10_000)] = 65


class PlanBody(Input):
    """A plan to be made."""

    area_code: Code
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 0
    rules: RulesBody | None = None
    based_on: Annotated[
        int | None,
        Field(ge=1, le=LARGEST_ID, description="keep what this plan has locked; else what is published"),
    ] = None


class ConfirmBody(Input):
    """Whether what will move was looked at."""

    confirm_moved: Annotated[
        bool, Field(description="needed when more than a tenth of the households change their micro-grid")
    ] = False


class PublishBody(ConfirmBody):
    """How and when to publish."""

    effective_at: Annotated[
        Moment | None, Field(description="null = now; until then the plan is submitted")
    ] = None


class LocksBody(Input):
    """Micro-grids to lock or unlock."""

    codes: Annotated[list[Code], Field(min_length=1, max_length=LARGEST_PAGE)]
    locked: bool


class ChangedOut(Out):
    """How many changed."""

    changed: int


@plans.get("/plans")
@plans.input(PlansQuery, location="query")
@plans.output(PlanPage)
@in_transaction
def list_plans(session: Session, actor: Actor, query_data: PlansQuery) -> dict[str, Any]:
    """List plans, the newest first"""
    limit, after = query_data.limit, query_data.after
    rows = service.list_plans(session, actor, area_code=query_data.area, after_id=after, limit=limit + 1)
    total = None if after else service.count_plans(session, actor, area_code=query_data.area)
    return build_page(PlanOut, _with_areas(session, rows), limit=limit, key="id", total=total)


@plans.post("/plans")
@plans.input(PlanBody)
@plans.output(PlanOut, status_code=202)
@in_transaction
def create_plan(
    session: Session, actor: Actor, json_data: PlanBody
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Ask for a plan; the worker makes it, see its progress"""
    rules = None if json_data.rules is None else json_data.rules.model_dump()
    plan = service.request_plan(
        session,
        actor,
        json_data.area_code,
        seed=json_data.seed,
        rules=rules,
        based_on=json_data.based_on,
    )
    defer(session, "compute_plan", plan_id=plan.id)
    session.refresh(plan)
    return _with_areas(session, [plan])[0], 202, {"Location": url_for(".get_plan", plan_id=plan.id)}


@plans.get("/plans/<id:plan_id>")
@plans.output(PlanDetailsOut)
@in_transaction
def get_plan(session: Session, actor: Actor, plan_id: int) -> dict[str, Any]:
    """Get a plan with its progress, findings and changes"""
    return describe_plan(session, actor, plan_id)


@plans.post("/plans/<id:plan_id>/check")
@plans.output(FindingList)
@in_transaction
def check_plan(session: Session, actor: Actor, plan_id: int) -> dict[str, Any]:
    """Check a plan against the buildings of today"""
    found = service.check_plan(session, actor, plan_id)
    return {"findings": found, "blocking": len(blocking(found))}


@plans.post("/plans/<id:plan_id>/publish")
@plans.output(PlanDetailsOut)
@optional_body(PublishBody)
@in_transaction
def publish_plan(session: Session, actor: Actor, plan_id: int, json_data: PublishBody) -> dict[str, Any]:
    """Make a plan what everybody sees, now or at a time to come"""
    confirmed = json_data.confirm_moved
    plan_lives.publish_at(session, actor, plan_id, json_data.effective_at, confirm_moved=confirmed)
    return describe_plan(session, actor, plan_id)


@plans.get("/plans/<id:plan_id>/micro-grids")
@plans.input(PageByCode, location="query")
@plans.output(MicroGridPage)
@in_transaction
def list_micro_grids(session: Session, actor: Actor, plan_id: int, query_data: PageByCode) -> dict[str, Any]:
    """List the micro-grids of a plan by code"""
    return answer_micro_grids(session, actor, query_data, plan_id=plan_id)


@plans.patch("/plans/<id:plan_id>/micro-grids")
@plans.input(LocksBody)
@plans.output(ChangedOut)
@in_transaction
def lock_micro_grids(session: Session, actor: Actor, plan_id: int, json_data: LocksBody) -> dict[str, int]:
    """Lock or unlock micro-grids: the next plan leaves locked ones as they are"""
    changed = locks.lock_micro_grids(session, actor, plan_id, json_data.codes, locked=json_data.locked)
    return {"changed": changed}


@plans.get("/plans/<id:plan_id>/micro-grids.geojson")
@plans.input(PageByCode, location="query")
@plans.output(FeatureCollection, content_type="application/geo+json")
@in_transaction
def list_micro_grid_features(
    session: Session, actor: Actor, plan_id: int, query_data: PageByCode
) -> Response:
    """List the micro-grids of a plan as GeoJSON"""
    page = answer_micro_grids(session, actor, query_data, plan_id=plan_id, with_geometry=True)
    return answer_features(page, "code")


@plans.get("/plans/<id:plan_id>/export.<any(gpkg,geojson,csv,xlsx):kind>")
@plans.input(ExportQuery, location="query")
@plans.output(FileSchema(type="string", format="binary"), content_type="application/octet-stream")
@in_transaction
def export(session: Session, actor: Actor, plan_id: int, kind: str, query_data: ExportQuery) -> Response:
    """Take a plan away: GeoPackage with all layers, GeoJSON of the micro-grids, CSV or XLSX of the atoms"""
    area_code = query_data.area
    frames = export_plan(session, actor, plan_id, area_code=area_code, with_findings=kind == "gpkg")
    if kind == "geojson":
        content = as_geojson(frames).encode()
    elif kind == "csv":
        content = as_csv(frames.atoms).encode("utf-8-sig")  # so that spreadsheets read Chinese
    elif kind == "xlsx":
        content = as_xlsx(frames.atoms)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "plan.gpkg")
            write_plan(frames, path)
            content = path.read_bytes()
    name = f"plan-{area_code or frames.about['area']}-{plan_id}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=MIME_TYPES[kind], headers=headers)


def describe_plan(session: Session, actor: Actor, plan_id: int) -> dict[str, Any]:
    """Describe a plan as `PlanDetailsOut` has it."""
    plan = service.get_plan(session, actor, plan_id)
    ready = plan.status not in UNREADY
    found = list_plan_findings(session, actor, plan_id)
    return {
        **_with_areas(session, [plan])[0],
        "findings": [FindingOut.model_validate(finding) for finding in found],
        "changes": service.compare_with_published(session, actor, plan_id) if ready else None,
    }


def _with_areas(session: Session, rows: list[Any]) -> list[dict[str, Any]]:
    areas = find_areas_by_id(session, [plan.area_id for plan in rows])
    fields = [name for name in PlanOut.model_fields if not name.startswith("area_")]
    return [
        {
            **{name: getattr(plan, name) for name in fields},
            "area_code": areas[plan.area_id].code,
            "area_name": areas[plan.area_id].name,
        }
        for plan in rows
    ]
