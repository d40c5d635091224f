"""Heatmaps: how many issues, where, and per 100 households."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import heatmaps as service
from gridmap.services.actors import Actor
from gridmap.services.heat_counts import HeatFilter
from gridmap.services.heat_layers import HeatLayer, heat_frames, heat_layer
from gridmap.services.heat_surfaces import heat_surface
from gridmap.web.inputs import Code, GeometryQuery, Input, Moment, PageById
from gridmap.web.outputs import Out, PageOut, build_page
from gridmap.web.sign_in import in_transaction, language_of_request

heatmaps = APIBlueprint("api_heatmaps", __name__, url_prefix="/api/v1", tag="heatmaps")

Level = Literal["micro_grid", "grid", "community", "hexagon"]
Words = Annotated[str, Field(description="comma-separated; empty = all", max_length=500)]


class CountedOut(Out):
    """An issue that a layer counts."""

    id: int
    category: str
    channel: str
    state: str
    tier: str | None
    reported_at: datetime
    cell: str = Field(description="code of the cell that counts it")


class CountedPage(PageOut[CountedOut]):
    """Part of the issues that a layer counts."""


class WordsOut(Out):
    """Words to filter by."""

    categories: list[str] = Field(description="in use, the most used first")
    channels: list[str] = Field(description="in use, the most used first")
    states: list[str]
    tiers: list[str]


class LayerRowOut(Out):
    """One cell of a layer; what a layer does not tell is null."""

    code: str
    label: str
    households: int
    estimated: bool
    issues: int
    by_point: int = Field(description="issues that only a point has put here, no building")
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
    area_name: str
    layer: str
    level: str
    starts_at: datetime
    ends_at: datetime
    rows: list[LayerRowOut]
    breaks: list[float]
    left_out: dict[str, int] = Field(description="reason -> issues that no cell counts")
    messages: list[str] = Field(description="the choices a test made")
    definition: str
    q: float | None
    hot: int | None
    hot_elsewhere: int | None = Field(description="hot cells that are hot on the other geography, too")
    elsewhere: Level | None = Field(description="the other geography")
    recorded_from: datetime | None = Field(description="when the city's first issue was reported")
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
    breaks: list[float] = Field(description="of issues in one step")
    breaks_per_100: list[float] = Field(description="of issues per 100 households in one step")


class SurfaceOut(Out):
    """The smoothed issues per 100 households."""

    area_code: str
    bands: list[dict[str, Any] | None] = Field(description="a GeoJSON MultiPolygon for each class")
    breaks: list[float]
    made_from: Level
    definition: str
    as_of: datetime


class FilterQuery(Input):
    """Half-open period, place, and which issues."""

    area: Annotated[Code, Field(description="the area whose cells are shown")]
    starts_at: Moment
    ends_at: Moment
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


class CellsQuery(FilterQuery):
    """On which cells."""

    level: Level = "micro_grid"


class LayerQuery(CellsQuery):
    """One layer."""

    layer: Literal["counts", "per_100", "unusual", "change"] = "counts"
    q: Annotated[float, Field(gt=0, le=0.5, description="false discovery rate of a test")] = 0.05


class ShapedQuery(LayerQuery, GeometryQuery):
    """One layer, with its cells' shapes if asked for."""


class SidesQuery(LayerQuery):
    """One layer, and a second period that stands beside the first."""

    second_starts_at: Moment | None = None
    second_ends_at: Moment | None = None

    @property
    def sides(self) -> list[LayerQuery]:
        """The layer, and the same in the second period where there is one."""
        if self.second_starts_at is None or self.second_ends_at is None:
            return [self]
        again = self.model_dump(exclude={"second_starts_at", "second_ends_at"})
        again |= {"starts_at": self.second_starts_at, "ends_at": self.second_ends_at}
        return [self, LayerQuery(**again)]


class CountedFileQuery(CellsQuery):
    """What a layer counted."""

    cell: Annotated[str, Field(max_length=64, description="only this cell; empty = the whole area")] = ""


class CountedQuery(CountedFileQuery, PageById):
    """Part of what a layer counted."""


class FramesQuery(CellsQuery):
    """A layer of counts over time."""

    step: Literal["day", "week", "month"] = "week"


@heatmaps.get("/heatmaps/layers")
@heatmaps.input(ShapedQuery, location="query")
@heatmaps.output(HeatLayerOut)
@in_transaction
def get_layer(session: Session, actor: Actor, query_data: ShapedQuery) -> HeatLayerOut:
    """Make one layer of the heatmap, tested ones with the choices the test made"""
    found = ask_layer(session, actor, query_data, with_shapes=query_data.geometry)
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


@heatmaps.get("/heatmaps/surface")
@heatmaps.input(FilterQuery, location="query")
@heatmaps.output(SurfaceOut)
@in_transaction
def get_surface(session: Session, actor: Actor, query_data: FilterQuery) -> SurfaceOut:
    """Smooth the issues per 100 households into five bands to draw"""
    found = heat_surface(
        session,
        actor,
        query_data.area,
        query_data.which,
        plan_id=query_data.plan,
        language=language_of_request(),
    )
    return SurfaceOut.model_validate(found)


@heatmaps.get("/heatmaps/words")
@heatmaps.output(WordsOut)
@in_transaction
def list_words(session: Session, actor: Actor) -> WordsOut:
    """List the words to filter by"""
    return WordsOut(**service.list_words(session, actor))


@heatmaps.get("/heatmaps/issues")
@heatmaps.input(CountedQuery, location="query")
@heatmaps.output(CountedPage)
@in_transaction
def list_counted(session: Session, actor: Actor, query_data: CountedQuery) -> dict[str, Any]:
    """List the issues that a layer counts in an area or in one of its cells, by id"""
    rows, total = service.list_counted(
        session,
        actor,
        query_data.area,
        query_data.which,
        level=query_data.level,
        plan_id=query_data.plan,
        cell=query_data.cell,
        after_id=query_data.after,
        limit=query_data.limit + 1,
    )
    return build_page(CountedOut, rows, limit=query_data.limit, key="id", total=total)


def ask_layer(
    session: Session, actor: Actor, asked: LayerQuery, *, with_shapes: bool, language: str | None = None
) -> HeatLayer:
    """Make the layer that a query asks for."""
    return heat_layer(
        session,
        actor,
        asked.area,
        asked.which,
        layer=asked.layer,
        level=asked.level,
        plan_id=asked.plan,
        q=asked.q,
        with_shapes=with_shapes,
        language=language or language_of_request(),
    )
