"""The life of a plan: submitted, returned, called off, branched, rolled back."""

from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import plan_lives as service
from gridmap.services.actors import Actor
from gridmap.web.bodies import optional_body
from gridmap.web.inputs import Input
from gridmap.web.plans import ConfirmBody, PlanDetailsOut, describe_plan
from gridmap.web.sign_in import in_transaction

plan_lives = APIBlueprint("api_plan_lives", __name__, url_prefix="/api/v1", tag="plan lives")


class ReturnBody(Input):
    """Why a plan is given back."""

    words: Annotated[str, Field(min_length=1, max_length=service.LONGEST_WORDS)]


@plan_lives.post("/plans/<id:plan_id>/submit")
@plan_lives.output(PlanDetailsOut)
@in_transaction
def submit_plan(session: Session, actor: Actor, plan_id: int) -> dict[str, Any]:
    """Hand a draft in; nobody changes it any more"""
    service.submit_plan(session, actor, plan_id)
    return describe_plan(session, actor, plan_id)


@plan_lives.post("/plans/<id:plan_id>/return")
@plan_lives.input(ReturnBody)
@plan_lives.output(PlanDetailsOut)
@in_transaction
def return_plan(session: Session, actor: Actor, plan_id: int, json_data: ReturnBody) -> dict[str, Any]:
    """Give a submitted plan back as a draft, with words"""
    service.return_plan(session, actor, plan_id, json_data.words)
    return describe_plan(session, actor, plan_id)


@plan_lives.post("/plans/<id:plan_id>/call-off")
@plan_lives.output(PlanDetailsOut)
@in_transaction
def call_off(session: Session, actor: Actor, plan_id: int) -> dict[str, Any]:
    """Call a timed publication off"""
    service.call_off(session, actor, plan_id)
    return describe_plan(session, actor, plan_id)


@plan_lives.post("/plans/<id:plan_id>/branch")
@plan_lives.output(PlanDetailsOut, status_code=201)
@in_transaction
def branch_plan(session: Session, actor: Actor, plan_id: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Copy a plan into a new draft"""
    made = service.branch_plan(session, actor, plan_id).id
    return describe_plan(session, actor, made), 201, {"Location": url_for("api_plans.get_plan", plan_id=made)}


@plan_lives.post("/plans/<id:plan_id>/roll-back")
@plan_lives.output(PlanDetailsOut, status_code=201)
@optional_body(ConfirmBody)
@in_transaction
def roll_back(
    session: Session, actor: Actor, plan_id: int, json_data: ConfirmBody
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Publish a new version equal to one that was published"""
    made = service.roll_back(session, actor, plan_id, confirm_moved=json_data.confirm_moved).id
    return describe_plan(session, actor, made), 201, {"Location": url_for("api_plans.get_plan", plan_id=made)}
