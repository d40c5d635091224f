"""Steps of issues: the register, what is legal now, taking a step; limits of categories."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import issue_clocks, issue_dispatch, issue_register, issue_steps
from gridmap.services.actors import Actor
from gridmap.services.issue_steps import Given
from gridmap.web.inputs import LARGEST_ID, Code, Input, Moment, Words
from gridmap.web.outputs import Out
from gridmap.web.sign_in import in_transaction, language_of_request

issue_loop = APIBlueprint("api_issue_steps", __name__, url_prefix="/api/v1", tag="issue steps")

Days = Annotated[int, Field(ge=1, le=366)]


class StateOut(Out):
    """A state of an issue."""

    state: str
    name: str
    is_open: bool = Field(description="only then it can be overdue")
    ends: list[str] = Field(description="the clocks that stop when it is reached")
    pauses: bool = Field(description="the clocks stand still in it")


class StepOut(Out):
    """A legal step."""

    from_state: str
    action: str
    name: str
    to_state: str = Field(description="a state; before: the one before a pause; same: none changes")
    roles: list[str]
    gives: list[str] = Field(description="what must come with it")
    outcomes: list[str] = Field(description="to choose from; a single one is set by the step")
    within_days: int | None = Field(description="only so many days after closing")
    after_days: int | None = Field(description="only from so many days after closing")


class RegisterOut(Out):
    """The state machine of issues."""

    states: list[StateOut]
    transitions: list[StepOut]


class StepsOut(Out):
    """The steps one may take on an issue now."""

    items: list[StepOut]


class StepBody(Input):
    """A step; which of it must be given is said by the register."""

    action: Code
    version: Annotated[int | None, Field(ge=0, description="of the issue as last seen")] = None
    note: Annotated[str, Field(max_length=4000)] = ""
    outcome: Code | None = None
    parent_id: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    until: Moment | None = None
    rating: int | None = None
    dispatched_to: Words | None = None
    reason: Annotated[
        dict[str, Any],
        Field(max_length=20, description="to be kept with a dispatch, besides rule, plan and candidates"),
    ] = Field(default_factory=dict)
    side: Annotated[
        Code | None,
        Field(description="of a dispatch at a border: micro-grid (or grid) in which the issue lies"),
    ] = None
    client_id: Annotated[
        str | None,
        Field(min_length=8, max_length=64, description="made by the client; a retry with it is harmless"),
    ] = None


class TakenOut(Out):
    """An issue after a step."""

    issue_id: int
    state: str
    tier: str
    version: int
    due_at: datetime | None


class ClockRuleOut(Out):
    """Limits of a category from a day on."""

    id: int
    category: str = Field(description="empty: all without a rule of their own")
    valid_from: date
    accept_days: int
    settle_days: int
    report_days: int
    whistle_days: int
    escalate_days: int
    working_days: bool


class ClockRulesOut(Out):
    """All rules, those of a category from the oldest on."""

    items: list[ClockRuleOut]


class ClockRuleBody(Input):
    """New limits from a day to come."""

    category: Annotated[str, Field(max_length=64)] = ""
    valid_from: date
    accept_days: Days = 1
    settle_days: Days = 2
    report_days: Days = 3
    whistle_days: Days = 1
    escalate_days: Days = 1
    working_days: bool = False


@issue_loop.get("/issues/states")
@issue_loop.output(RegisterOut)
@in_transaction
def get_states(_session: Session, actor: Actor) -> dict[str, Any]:
    """Get the states of issues and the legal steps between them"""
    language = language_of_request()
    states = issue_register.list_states(actor, language=language)
    steps = issue_register.list_transitions(actor, language=language)
    return {
        "states": [StateOut.model_validate(state) for state in states],
        "transitions": [StepOut.model_validate(step) for step in steps],
    }


@issue_loop.get("/issues/<id:issue_id>/steps")
@issue_loop.output(StepsOut)
@in_transaction
def list_steps(session: Session, actor: Actor, issue_id: int) -> dict[str, Any]:
    """List the steps one may take on an issue now"""
    language = language_of_request()
    steps = issue_steps.list_steps(session, actor, issue_id)
    described = [issue_register.describe_step(step, language) for step in steps]
    return {"items": [StepOut.model_validate(step) for step in described]}


@issue_loop.post("/issues/<id:issue_id>/steps")
@issue_loop.input(StepBody)
@issue_loop.output(TakenOut, status_code=201)
@in_transaction
def take_step(
    session: Session, actor: Actor, issue_id: int, json_data: StepBody
) -> tuple[TakenOut, int, dict[str, str]]:
    """Take a step on an issue; 409 names the steps that are possible instead"""
    body = json_data.model_dump()
    action, side = body.pop("action"), body.pop("side")
    seen = {"version": body.pop("version"), "client_id": body.pop("client_id")}
    if action == issue_dispatch.DISPATCH:
        taken = issue_dispatch.dispatch_issue(
            session, actor, issue_id, Given(**body), side=side, language=language_of_request(), **seen
        )
    else:
        taken = issue_steps.take_step(session, actor, issue_id, action, Given(**body), **seen)
    place = {"Location": url_for("api_issues.get_issue", issue_id=issue_id)}
    return TakenOut.model_validate(taken), 201, place


@issue_loop.get("/clock-rules")
@issue_loop.output(ClockRulesOut)
@in_transaction
def list_clock_rules(session: Session, actor: Actor) -> dict[str, Any]:
    """List the limits of issues by category, with the day from which they hold"""
    rules = issue_clocks.list_clock_rules(session, actor)
    return {"items": [ClockRuleOut.model_validate(rule) for rule in rules]}


@issue_loop.post("/clock-rules")
@issue_loop.input(ClockRuleBody)
@issue_loop.output(ClockRuleOut, status_code=201)
@in_transaction
def create_clock_rule(session: Session, actor: Actor, json_data: ClockRuleBody) -> tuple[ClockRuleOut, int]:
    """Let new limits hold for a category from a day to come; past limits never move"""
    limits = json_data.model_dump()
    category, valid_from = limits.pop("category"), limits.pop("valid_from")
    rule = issue_clocks.create_clock_rule(session, actor, category, valid_from, **limits)
    return ClockRuleOut.model_validate(rule), 201
