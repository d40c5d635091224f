"""Grids of a plan, and which of them need work."""

from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services.actors import Actor
from gridmap.services.plan_grids import list_plan_grids
from gridmap.web.inputs import Code, Input
from gridmap.web.outputs import Bounds, Geometry, Out
from gridmap.web.sign_in import in_transaction

plan_grids = APIBlueprint("api_plan_grids", __name__, url_prefix="/api/v1", tag="plan grids")


class GridsQuery(Input):
    """Which grids."""

    area: Annotated[Code, Field(description="in this area")]


class PlanGridOut(Out):
    """A grid as a plan divides it."""

    code: str
    name: str
    name_en: str | None
    community: str | None = Field(description="name of the area above")
    community_en: str | None
    bounds: Bounds
    geometry: Geometry = Field(default=None, description="thinned to 3 m")
    households: int
    unassigned: int = Field(description="households in no micro-grid of the plan")
    micro_grids: int
    under: int = Field(description="micro-grids below the band")
    over: int = Field(description="micro-grids above the band")
    torn: int = Field(description="micro-grids in pieces")


class PlanGridList(Out):
    """All of them."""

    items: list[PlanGridOut]


@plan_grids.get("/plans/<id:plan_id>/grids")
@plan_grids.input(GridsQuery, location="query")
@plan_grids.output(PlanGridList)
@in_transaction
def list_grids(session: Session, actor: Actor, plan_id: int, query_data: GridsQuery) -> dict[str, Any]:
    """List the grids of a plan and how many of their micro-grids are off the band"""
    found = list_plan_grids(session, actor, plan_id, query_data.area)
    return {"items": [PlanGridOut.model_validate(row) for row in found]}
