"""Coverage: which places lack the people or the station that should be there."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from apiflask import APIBlueprint
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from gridmap.services import coverage as service
from gridmap.services.actors import Actor
from gridmap.web.inputs import Code, GeometryQuery, Moment
from gridmap.web.outputs import Out
from gridmap.web.sign_in import in_transaction, language_of_request
from gridmap.web.stations import StationKind

coverage = APIBlueprint("api_coverage", __name__, url_prefix="/api/v1", tag="coverage")


class ShareOut(Out):
    """What is covered, by places and by the households in them."""

    places: int
    places_covered: int
    places_share: float | None
    households: int
    households_covered: int
    households_share: float | None
    estimated: bool


class CoverageOut(Out):
    """All gaps of an area, with all that is needed to read them."""

    area_code: str
    share: ShareOut
    gaps: list[dict[str, Any]]
    plan_version: int | None
    definition: str
    as_of: datetime


class CoverageQuery(GeometryQuery):
    """What must be present where."""

    area: Code
    rule: Annotated[
        Literal["posting", "walk"],
        Field(
            description="posting: micro-grids nobody of a role answers for; walk: homes far from a station"
        ),
    ] = "posting"
    role: Annotated[Code, Field(description="for posting")] = "grid_officer"
    at: Annotated[Moment | None, Field(description="for posting; now by default")] = None
    through: Annotated[
        Literal["micro_grid", "grid", "community", "street", "district"],
        Field(description="for posting: the highest level whose postings count for the micro-grids below"),
    ] = "grid"
    station_kind: Annotated[StationKind | None, Field(description="for walk")] = None
    walk_m: Annotated[float | None, Field(gt=0, description="for walk, on foot from the entrance")] = None

    @model_validator(mode="after")
    def _check_rule(self) -> Self:
        if self.rule == "walk" and (self.station_kind is None or self.walk_m is None):
            raise ValueError("walk_needs")
        return self


@coverage.get("/coverage/gaps")
@coverage.input(CoverageQuery, location="query")
@coverage.output(CoverageOut)
@in_transaction
def list_gaps(session: Session, actor: Actor, query_data: CoverageQuery) -> CoverageOut:
    """List the places of an area that lack people or a station"""
    asked = query_data
    language = language_of_request()
    if asked.rule == "walk" and asked.station_kind is not None and asked.walk_m is not None:
        found = service.gaps_by_walk(
            session,
            actor,
            asked.area,
            asked.station_kind,
            asked.walk_m,
            with_shapes=asked.geometry,
            language=language,
        )
        return CoverageOut.model_validate(found)
    levels = service.POSTING_LEVELS[: service.POSTING_LEVELS.index(asked.through) + 1]
    found = service.gaps_without_posting(
        session,
        actor,
        asked.area,
        asked.role,
        asked.at,
        through=levels,
        with_shapes=asked.geometry,
        language=language,
    )
    return CoverageOut.model_validate(found)
