"""Heatmaps: how many issues, where, and per 100 households."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import heatmaps as service
from gridmap.services.actors import Actor
from gridmap.web.inputs import Code, GeometryQuery, Input, Moment, PageById
from gridmap.web.outputs import Out, PageOut, build_page
from gridmap.web.sign_in import in_transaction, language_of_request

heatmaps = APIBlueprint("api_heatmaps", __name__, url_prefix="/api/v1", tag="heatmaps")

Level = Literal["micro_grid", "grid", "community"]


class HeatRowOut(Out):
    """One cell."""

    code: str
    label: str
    households: int
    estimated: bool
    issues: int
    by_point: int = Field(description="issues that only a point has put here, no building")
    rate_per_100: float | None = Field(description="null where there are too few households")
    few: bool = Field(description="few issues: read with care")
    geometry: dict[str, Any] | None = None


class HistogramOut(Out):
    """Issues over time."""

    step: str
    bins: list[dict[str, Any]]


class HeatOut(Out):
    """A heatmap with all that is needed to read it."""

    area_code: str
    area_name: str
    level: str
    category: str | None
    starts_at: datetime
    ends_at: datetime
    rows: list[HeatRowOut]
    left_out: dict[str, int] = Field(description="reason -> issues that no cell counts")
    breaks: dict[str, list[float]]
    histogram: HistogramOut
    plan_version: int | None
    definition: str
    as_of: datetime


class BehindOut(Out):
    """An issue that a cell counts."""

    id: int
    category: str
    state: str
    reported_at: datetime


class BehindPage(PageOut[BehindOut]):
    """Part of the issues that a cell counts."""


class PeriodQuery(Input):
    """What is counted: half-open period, category, cells."""

    starts_at: Moment
    ends_at: Moment
    category: Code | None = None
    level: Level = "micro_grid"


class HeatQuery(PeriodQuery, GeometryQuery):
    """Where, and what is counted."""

    area: Annotated[Code, Field(description="the area whose cells are shown")]


class BehindQuery(PeriodQuery, PageById):
    """What a cell counted."""


@heatmaps.get("/heatmaps/issues")
@heatmaps.input(HeatQuery, location="query")
@heatmaps.output(HeatOut)
@in_transaction
def get_heat(session: Session, actor: Actor, query_data: HeatQuery) -> HeatOut:
    """Count the issues of a period by cell, and per 100 households"""
    found = service.heat(
        session,
        actor,
        query_data.area,
        starts_at=query_data.starts_at,
        ends_at=query_data.ends_at,
        category=query_data.category,
        level=query_data.level,
        with_shapes=query_data.geometry,
        language=language_of_request(),
    )
    return HeatOut.model_validate(found)


@heatmaps.get("/heatmaps/issues/<code>")
@heatmaps.input(BehindQuery, location="query")
@heatmaps.output(BehindPage)
@in_transaction
def list_behind(session: Session, actor: Actor, code: str, query_data: BehindQuery) -> dict[str, Any]:
    """List the issues that one cell counts, by id"""
    rows = service.issues_behind(
        session,
        actor,
        code,
        level=query_data.level,
        starts_at=query_data.starts_at,
        ends_at=query_data.ends_at,
        category=query_data.category,
        after_id=query_data.after,
        limit=query_data.limit + 1,
    )
    return build_page(BehindOut, rows, limit=query_data.limit, key="id", total=None)
