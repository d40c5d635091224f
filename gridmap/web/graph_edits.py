"""The adjacency graph: its edges, and those that people removed or added."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import graph_edits as service
from gridmap.services.actors import Actor
from gridmap.services.graphs import get_graph
from gridmap.web.inputs import LARGEST_ID, Code, Input, PageById
from gridmap.web.outputs import FeatureCollection, Geometry, Out, PageOut, answer_features, build_page
from gridmap.web.sign_in import in_transaction

graph_edits = APIBlueprint("api_graph_edits", __name__, url_prefix="/api/v1", tag="graph edits")

BuildingId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
EntranceNumber = Annotated[int | None, Field(ge=1, le=99, description="null = the whole building")]


class GraphEditOut(Out):
    """An edge that people removed or added."""

    id: int
    grid_code: str
    building_a_id: int
    building_a: str = Field(description="its name")
    entrance_a: int | None
    building_b_id: int
    building_b: str = Field(description="its name")
    entrance_b: int | None
    action: str = Field(description="remove or add")
    reason: str
    created_at: datetime


class GraphEditPage(PageOut[GraphEditOut]):
    """Part of the edits."""


class GraphEditsQuery(PageById):
    """Which edits."""

    area: Annotated[Code | None, Field(description="of this area and everything below it")] = None


class GraphEditBody(Input):
    """An edge to be removed or added, between two buildings or entrances of one grid."""

    building_a_id: BuildingId
    entrance_a: EntranceNumber = None
    building_b_id: BuildingId
    entrance_b: EntranceNumber = None
    action: Literal["remove", "add"]
    reason: Annotated[str, Field(min_length=1, max_length=service.LONGEST_REASON)]


class GridQuery(Input):
    """Which grid."""

    grid: Annotated[Code, Field(description="one of those the plan divides")]


class EdgeOut(Out):
    """An edge between two atoms, as a line between their middles."""

    id: int
    atom_a: str = Field(description="as in the export of a plan: b12, b12/e2, b12/e2/1-17")
    atom_b: str
    border_m: float = Field(description="length of the shared border, metres")
    crosses: str | None = Field(description="kind:class of the barrier between the two")
    cost: float = Field(description="of crossing it")
    origin: str = Field(description="touch, inside (a building), bridge, added or removed")
    geometry: Geometry


@graph_edits.get("/plans/<id:plan_id>/graph")
@graph_edits.input(GridQuery, location="query")
@graph_edits.output(FeatureCollection, content_type="application/geo+json")
@in_transaction
def show_graph(session: Session, actor: Actor, plan_id: int, query_data: GridQuery) -> Response:
    """See which buildings count as neighbours in a grid of a plan, as GeoJSON"""
    edges = [EdgeOut.model_validate(edge) for edge in get_graph(session, actor, plan_id, query_data.grid)]
    return answer_features({"items": edges, "total": len(edges), "next_link": None}, "id")


@graph_edits.get("/graph-edits")
@graph_edits.input(GraphEditsQuery, location="query")
@graph_edits.output(GraphEditPage)
@in_transaction
def list_graph_edits(session: Session, actor: Actor, query_data: GraphEditsQuery) -> dict[str, Any]:
    """List the edges that people removed or added"""
    limit, after, area = query_data.limit, query_data.after, query_data.area
    rows = service.list_graph_edits(session, actor, area_code=area, after_id=after, limit=limit + 1)
    total = None if after else service.count_graph_edits(session, actor, area_code=area)
    return build_page(GraphEditOut, rows, limit=limit, key="id", total=total)


@graph_edits.post("/graph-edits")
@graph_edits.input(GraphEditBody)
@graph_edits.output(GraphEditOut, status_code=201)
@in_transaction
def edit_edge(session: Session, actor: Actor, json_data: GraphEditBody) -> GraphEditOut:
    """Remove or add an edge; the next plan obeys"""
    row = service.edit_edge(
        session,
        actor,
        service.Place(json_data.building_a_id, json_data.entrance_a),
        service.Place(json_data.building_b_id, json_data.entrance_b),
        action=json_data.action,
        reason=json_data.reason,
    )
    return GraphEditOut.model_validate(row)


@graph_edits.delete("/graph-edits/<id:edit_id>")
@graph_edits.output({}, status_code=204)
@in_transaction
def drop_edge_edit(session: Session, actor: Actor, edit_id: int) -> str:
    """Forget an edit"""
    service.drop_edge_edit(session, actor, edit_id)
    return ""
