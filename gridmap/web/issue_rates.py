"""Rates of handled issues, each with the cases behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from apiflask import APIBlueprint
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from gridmap.services import issue_rates as service
from gridmap.services.actors import Actor
from gridmap.web.inputs import Code, Input, Moment, PageById
from gridmap.web.outputs import Out
from gridmap.web.sign_in import in_transaction, language_of_request

issue_rates = APIBlueprint("api_issue_rates", __name__, url_prefix="/api/v1", tag="issue rates")

By = Literal["area", "tier", "organisation", "company", "category"]


class RateOut(Out):
    """A figure; share and interval are null with fewer cases than `fewest_cases`."""

    counted: int = Field(description="cases")
    share: float | None
    interval: list[float] | None = Field(description="Wilson's interval of 95 %")


class GroupOut(Out):
    """The figures of a group."""

    key: str = Field(description="empty: what belongs to none")
    name: str
    figures: dict[str, RateOut]


class RatesOut(Out):
    """Rates of an area, by the limits that fell into the period."""

    area_code: str
    grouping: str
    starts_at: datetime
    ends_at: datetime
    as_of: datetime
    fewest_cases: int
    plan_version: int | None = Field(description="the newest plan in force; the figures go by grids")
    definitions: dict[str, str]
    whole: GroupOut
    groups: list[GroupOut]
    red: list[str] = Field(description="companies certainly above all others together, alphabetical")
    black: list[str] = Field(description="companies certainly below all others together, alphabetical")


class CasesOut(Out):
    """Ids of the cases a figure counts."""

    items: list[int]
    next: int | None = Field(description="id to give as `after` for the next part; null at the end")


class PeriodQuery(Input):
    """Where, when, and by what."""

    area: Code
    starts_at: Moment
    ends_at: Moment
    by: By = "area"

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.starts_at >= self.ends_at:
            raise ValueError("order")
        return self


class CasesQuery(PeriodQuery, PageById):
    """Which figure, of which group."""

    figure: Annotated[Code, Field(description="response, settlement, satisfaction …")]
    key: Annotated[str | None, Field(max_length=200, description="of the group; without it all")] = None


@issue_rates.get("/issues/rates")
@issue_rates.input(PeriodQuery, location="query")
@issue_rates.output(RatesOut)
@in_transaction
def get_rates(session: Session, actor: Actor, query_data: PeriodQuery) -> RatesOut:
    """Get response, settlement and satisfaction rates with their intervals"""
    asked = query_data
    found = service.find_rates(
        session,
        actor,
        asked.area,
        asked.by,
        asked.starts_at,
        asked.ends_at,
        language=language_of_request(),
    )
    return RatesOut.model_validate(found)


@issue_rates.get("/issues/rates/cases")
@issue_rates.input(CasesQuery, location="query")
@issue_rates.output(CasesOut)
@in_transaction
def list_cases(session: Session, actor: Actor, query_data: CasesQuery) -> dict[str, Any]:
    """List the issues that a figure counts"""
    asked = query_data
    ids = service.list_rate_issues(
        session,
        actor,
        asked.area,
        asked.by,
        asked.starts_at,
        asked.ends_at,
        figure=asked.figure,
        key=asked.key,
        after_id=asked.after,
        limit=asked.limit + 1,
    )
    more = len(ids) > asked.limit
    return {"items": ids[: asked.limit], "next": ids[asked.limit - 1] if more else None}
