"""Staff: posts by role and number, and the places they answer for."""

from datetime import date
from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import staff as service
from gridmap.services.actors import Actor
from gridmap.web.inputs import Code, Input, PageByCode
from gridmap.web.outputs import Out, PageOut, build_page
from gridmap.web.sign_in import in_transaction

staff = APIBlueprint("api_staff", __name__, url_prefix="/api/v1", tag="staff")


class RoleOut(Out):
    """A role of staff."""

    code: str
    name_zh: str
    name_en: str
    duty_phone: str | None = Field(description="called where neither the post nor its station has one")


class RoleList(Out):
    """The register of roles."""

    items: list[RoleOut]


class StaffOut(Out):
    """A post: a role and a number, never a name."""

    code: str
    role: str
    role_zh: str
    role_en: str
    organisation: str
    office_code: str | None
    station_code: str | None
    duty_phone: str | None
    skills: list[str]


class StaffPage(PageOut[StaffOut]):
    """Part of the staff."""


class PostingOut(Out):
    """A place a post answers for."""

    place_kind: str
    place: str | None
    starts_on: date
    ends_on: date | None


class StaffDetailsOut(StaffOut):
    """A post with the places it answers for."""

    postings: list[PostingOut]


class StaffQuery(PageByCode):
    """Which staff."""

    area: Annotated[Code | None, Field(description="with its office or a posting in this area")] = None
    role: Code | None = None


class DayQuery(Input):
    """Which day."""

    on: Annotated[date | None, Field(description="day of the postings; today by default")] = None


@staff.get("/staff")
@staff.input(StaffQuery, location="query")
@staff.output(StaffPage)
@in_transaction
def list_staff(session: Session, actor: Actor, query_data: StaffQuery) -> dict[str, Any]:
    """List posts by code"""
    which = {"area_code": query_data.area, "role": query_data.role}
    limit, after = query_data.limit, query_data.after
    rows = service.list_staff(session, actor, **which, after_code=after, limit=limit + 1)
    total = None if after else service.count_staff(session, actor, **which)
    return build_page(StaffOut, rows, limit=limit, key="code", total=total)


@staff.get("/staff/me")
@staff.output(StaffDetailsOut)
@in_transaction
def get_my_post(session: Session, actor: Actor) -> StaffDetailsOut:
    """Get the post behind one's own account"""
    return StaffDetailsOut.model_validate(service.get_my_post(session, actor))


@staff.get("/staff/<code>")
@staff.input(DayQuery, location="query")
@staff.output(StaffDetailsOut)
@in_transaction
def get_staff(session: Session, actor: Actor, code: str, query_data: DayQuery) -> StaffDetailsOut:
    """Get a post with the places it answers for"""
    return StaffDetailsOut.model_validate(service.get_staff(session, actor, code, on=query_data.on))


@staff.get("/staff-roles")
@staff.output(RoleList)
@in_transaction
def list_roles(session: Session, actor: Actor) -> dict[str, Any]:
    """List the register of roles"""
    return {"items": [RoleOut.model_validate(role) for role in service.list_roles(session, actor)]}
