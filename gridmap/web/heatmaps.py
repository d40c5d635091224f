"""Heatmaps: how many issues, where, and per 100 households."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import heatmaps as service
from gridmap.services.actors import Actor
from gridmap.services.heat_counts import HeatFilter
from gridmap.services.heat_layers import heat_frames, heat_layer
from gridmap.web.inputs import Code, GeometryQuery, Input, Moment, PageById
from gridmap.web.outputs import Out, PageOut, build_page
from gridmap.web.sign_in import in_transaction, language_of_request

heatmaps = APIBlueprint("api_heatmaps", __name__, url_prefix="/api/v1", tag="heatmaps")

Level = Literal["micro_grid", "grid", "community", "hexagon"]
Words = Annotated[str, Field(description="comma-separated; empty = all", max_length=500)]


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


class LayerRowOut(Out):
    """One cell of a layer; what a layer does not tell is null."""

    code: str
    label: str
    households: int
    estimated: bool
    issues: int
    rate_per_100: float | None
    shrunk_per_100: float | None = Field(description="drawn to the city's mean by empirical Bayes")
    low_per_100: float | None
    high_per_100: float | None
    found: Literal["hot", "cold", "not_distinguishable", "not_enough"] | None
    observed: int | None = Field(description="incidents of the window")
    expected: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    geometry: dict[str, Any] | None = None


class HeatLayerOut(Out):
    """A layer with all that is needed to read it."""

    area_code: str
    layer: str
    level: str
    starts_at: datetime
    ends_at: datetime
    rows: list[LayerRowOut]
    breaks: list[float]
    left_out: dict[str, int]
    messages: list[str] = Field(description="the choices a test made")
    definition: str
    q: float | None
    hot: int | None
    hot_elsewhere: int | None = Field(description="hot cells that lie in a hexagon which is hot, too")
    plan_version: int | None
    as_of: datetime


class HeatFramesOut(Out):
    """Issues of each cell over time."""

    level: str
    step: str
    codes: list[str]
    households: list[int]
    starts_at: list[datetime]
    issues: list[list[int]] = Field(description="a list for each frame: issues of each cell")
    breaks: list[float]


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


class FilterQuery(Input):
    """Half-open period, place, cells, and which issues."""

    area: Annotated[Code, Field(description="the area whose cells are shown")]
    starts_at: Moment
    ends_at: Moment
    level: Level = "micro_grid"
    plan: Annotated[int, Field(ge=0, description="whose micro-grids; 0 = of what is published")] = 0
    categories: Words = ""
    channels: Words = ""
    states: Words = ""
    tiers: Words = ""

    @property
    def which(self) -> HeatFilter:
        """The filter as the services take it."""
        words = (self.categories, self.channels, self.states, self.tiers)
        chosen = [tuple(part.strip() for part in word.split(",") if part.strip()) for word in words]
        return HeatFilter(self.starts_at, self.ends_at, *chosen)


class LayerQuery(FilterQuery, GeometryQuery):
    """One layer."""

    layer: Literal["counts", "per_100", "unusual", "change"] = "counts"
    q: Annotated[float, Field(gt=0, le=0.5, description="false discovery rate of a test")] = 0.05


class FramesQuery(FilterQuery):
    """A layer of counts over time."""

    step: Literal["day", "week", "month"] = "week"


@heatmaps.get("/heatmaps/layers")
@heatmaps.input(LayerQuery, location="query")
@heatmaps.output(HeatLayerOut)
@in_transaction
def get_layer(session: Session, actor: Actor, query_data: LayerQuery) -> HeatLayerOut:
    """Make one layer of the heatmap, tested ones with the choices the test made"""
    found = heat_layer(
        session,
        actor,
        query_data.area,
        query_data.which,
        layer=query_data.layer,
        level=query_data.level,
        plan_id=query_data.plan,
        q=query_data.q,
        with_shapes=query_data.geometry,
        language=language_of_request(),
    )
    return HeatLayerOut.model_validate(found)


@heatmaps.get("/heatmaps/frames")
@heatmaps.input(FramesQuery, location="query")
@heatmaps.output(HeatFramesOut)
@in_transaction
def get_frames(session: Session, actor: Actor, query_data: FramesQuery) -> HeatFramesOut:
    """Count the issues of each cell by day, week or month, for a time slider"""
    found = heat_frames(
        session,
        actor,
        query_data.area,
        query_data.which,
        level=query_data.level,
        step=query_data.step,
        plan_id=query_data.plan,
    )
    return HeatFramesOut.model_validate(found)


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
