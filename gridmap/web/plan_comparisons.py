"""What differs between two plans, and between a plan and the buildings of today."""

from datetime import datetime
from typing import Annotated

from apiflask import APIBlueprint, FileSchema
from flask import Response, json
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.formats.plan_files import as_csv
from gridmap.services.actors import Actor
from gridmap.services.building_changes import list_building_changes
from gridmap.services.plan_comparisons import as_table, compare_plans, list_shapes
from gridmap.web.inputs import LARGEST_ID, LARGEST_PAGE, Input
from gridmap.web.outputs import GEO_JSON, Degrees, FeatureCollection, Out
from gridmap.web.sign_in import in_transaction

plan_comparisons = APIBlueprint(
    "api_plan_comparisons", __name__, url_prefix="/api/v1", tag="plan comparisons"
)

OtherPlan = Annotated[
    int | None,
    Field(alias="with", ge=1, le=LARGEST_ID, description="the plan before; left out = what everybody sees"),
]


class WithQuery(Input):
    """With which plan."""

    other: OtherPlan = None


class ComparisonQuery(WithQuery):
    """With which plan, and how many rows."""

    limit: Annotated[int, Field(ge=0, le=LARGEST_PAGE, description="rows; the CSV has all")] = 100


class BothOut(Out):
    """A figure before and after; null where nobody lives."""

    before: float | None
    after: float | None


class SummaryOut(Out):
    """Figures of a comparison."""

    plan: int
    other: int | None = Field(description="null = what everybody sees")
    households: int
    atoms_moved: int
    households_moved: int = Field(description="under another micro-grid")
    households_staff_changed: int = Field(
        description="under other people, by the postings of today as publishing carries them over"
    )
    staff_affected: int = Field(description="posts that get a hand-off list when the plan is published")
    moved_share: float
    buildings_new: int
    buildings_gone: int
    micro_grids_created: int
    micro_grids_retired: int
    micro_grids_changed: int
    micro_grids_kept: int
    balance: BothOut = Field(description="mean distance from the target, households")
    compactness: BothOut
    in_band_share: BothOut


class ChangedMicroGridOut(Out):
    """A micro-grid created, retired or changed."""

    code: str
    grid: str
    grid_name: str
    change: str
    households_before: int | None
    households_after: int | None
    status_before: str | None
    status_after: str | None
    people: int = Field(description="posts that answer for it today")


class MovedOut(Out):
    """An atom, or what two plans have in common of one."""

    change: str = Field(description="moved, gone (only before) or new (only after)")
    building_id: int
    building: str
    entrance: int | None
    floor_from: int | None
    floor_to: int | None
    households: int
    before: str | None
    after: str | None
    staff_changed: bool = Field(description="other people will answer for it, by the postings of today")


class ComparisonOut(Out):
    """What differs."""

    summary: SummaryOut
    micro_grids: list[ChangedMicroGridOut]
    rows: list[MovedOut]
    rows_total: int


class UnassignedOut(Out):
    """A building without a micro-grid."""

    building_id: int
    building: str
    grid: str
    households: int
    households_estimated: bool
    is_new: bool = Field(description="the plan does not know it; else it was left unassigned")
    since: datetime
    lon: Degrees
    lat: Degrees
    proposed: str | None = Field(
        description="micro-grid of its grid it hangs together with, with room and near; else the nearest"
    )
    households_after: int | None = Field(description="of the proposed one")
    status_after: str | None = Field(description="under, in_band or over")
    is_contiguous: bool = Field(description="the proposed one is in one piece then")
    follows: bool = Field(description="... once the proposals listed before are taken")
    distance_m: float | None


class ChangedBuildingOut(Out):
    """A building that the plan holds otherwise than it stands."""

    building_id: int
    building: str
    change: str = Field(description="gone (in no grid), moved (to another grid) or recounted")
    households_before: int
    households_now: int
    micro_grids: list[str]
    grid_before: str | None
    grid_now: str | None
    lon: Degrees
    lat: Degrees


class BuildingChangesOut(Out):
    """What became of the buildings."""

    unassigned: list[UnassignedOut]
    changed: list[ChangedBuildingOut]


@plan_comparisons.get("/plans/<id:plan_id>/compare")
@plan_comparisons.input(ComparisonQuery, location="query")
@plan_comparisons.output(ComparisonOut)
@in_transaction
def compare(session: Session, actor: Actor, plan_id: int, query_data: ComparisonQuery) -> ComparisonOut:
    """Compare a plan with another one, or with what everybody sees"""
    found = compare_plans(session, actor, plan_id, query_data.other)
    return ComparisonOut.model_validate(
        {
            "summary": found.summary,
            "micro_grids": found.micro_grids,
            "rows": found.rows[: query_data.limit],
            "rows_total": len(found.rows),
        }
    )


@plan_comparisons.get("/plans/<id:plan_id>/compare.geojson")
@plan_comparisons.input(WithQuery, location="query")
@plan_comparisons.output(FeatureCollection, content_type=GEO_JSON)
@in_transaction
def compare_on_map(session: Session, actor: Actor, plan_id: int, query_data: WithQuery) -> Response:
    """Draw what differs: buildings and micro-grids, as GeoJSON"""
    found = compare_plans(session, actor, plan_id, query_data.other)
    features = [
        {"type": "Feature", "id": shape.pop("id"), "geometry": shape.pop("geometry"), "properties": shape}
        for shape in list_shapes(session, found)
    ]
    collection = {"type": "FeatureCollection", "features": features, "numberReturned": len(features)}
    return Response(json.dumps(collection), mimetype=GEO_JSON)


@plan_comparisons.get("/plans/<id:plan_id>/compare.csv")
@plan_comparisons.input(WithQuery, location="query")
@plan_comparisons.output(FileSchema(type="string", format="binary"), content_type="text/csv")
@in_transaction
def compare_as_table(session: Session, actor: Actor, plan_id: int, query_data: WithQuery) -> Response:
    """Take what differs away as a table, one row an atom"""
    found = compare_plans(session, actor, plan_id, query_data.other)
    content = as_csv(as_table(found).assign(geometry=None)).encode("utf-8-sig")
    name = f"plan-{plan_id}-with-{query_data.other or 'published'}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="text/csv", headers=headers)


@plan_comparisons.get("/plans/<id:plan_id>/changes-since")
@plan_comparisons.output(BuildingChangesOut)
@in_transaction
def list_changes(session: Session, actor: Actor, plan_id: int) -> BuildingChangesOut:
    """List the buildings that came, went or changed since the plan was made"""
    return BuildingChangesOut.model_validate(list_building_changes(session, actor, plan_id))
