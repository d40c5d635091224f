"""Webhooks: the addresses that are told of steps, and their page."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint
from flask import Blueprint, current_app
from pydantic import Field

from gridmap.services import webhooks as service
from gridmap.services.webhook_posts import LONGEST_ADDRESS
from gridmap.web.inputs import Code, Input
from gridmap.web.outputs import Out
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

webhooks = APIBlueprint("api_webhooks", __name__, url_prefix="/api/v1", tag="webhooks")
webhooks_page = Blueprint("webhooks_page", __name__)


class WebhookBody(Input):
    """An address to tell of steps."""

    address: Annotated[str, Field(max_length=LONGEST_ADDRESS, description="http:// or https://")]
    actions: Annotated[tuple[Code, ...], Field(max_length=50, description="only these; empty = all")] = ()


class WebhookSwitchBody(Input):
    """Whether an address is told of steps."""

    is_on: bool


class WebhookOut(Out):
    """An address with the state of what it is told."""

    id: int
    address: str
    actions: list[str] = Field(description="empty = all")
    is_on: bool
    created_at: datetime
    delivered: int
    waiting: int
    dead: int = Field(description="given up")
    next_at: datetime | None = Field(description="when the first of those that wait is tried")
    answer: str | None = Field(description="to the last attempt: a status of HTTP, or why there was none")
    tried_at: datetime | None


class WebhooksOut(Out):
    """The addresses."""

    items: list[WebhookOut]


class NewWebhookOut(Out):
    """An address just registered."""

    id: int
    secret: str = Field(description="signs what is sent; shown this once")


class RevivedOut(Out):
    """What is tried again."""

    deliveries: int


@webhooks.get("/webhooks")
@webhooks.output(WebhooksOut)
@in_transaction
def list_webhooks(session: Session, actor: Actor) -> dict[str, Any]:
    """List the addresses that are told of steps"""
    return {"items": [WebhookOut.model_validate(row) for row in service.list_targets(session, actor)]}


@webhooks.post("/webhooks")
@webhooks.input(WebhookBody)
@webhooks.output(NewWebhookOut, status_code=201)
@in_transaction
def add_webhook(session: Session, actor: Actor, json_data: WebhookBody) -> NewWebhookOut:
    """Tell an address of steps from now on"""
    allow_private = current_app.extensions["settings"].private_webhooks
    added = service.add_target(
        session, actor, json_data.address, actions=json_data.actions, allow_private=allow_private
    )
    return NewWebhookOut.model_validate(added)


@webhooks.patch("/webhooks/<id:target_id>")
@webhooks.input(WebhookSwitchBody)
@webhooks.output({}, status_code=204)
@in_transaction
def switch_webhook(session: Session, actor: Actor, target_id: int, json_data: WebhookSwitchBody) -> str:
    """Tell an address nothing for a while, or again"""
    service.switch_target(session, actor, target_id, is_on=json_data.is_on)
    return ""


@webhooks.delete("/webhooks/<id:target_id>")
@webhooks.output({}, status_code=204)
@in_transaction
def remove_webhook(session: Session, actor: Actor, target_id: int) -> str:
    """Tell an address nothing more; what was still to be told is forgotten"""
    service.remove_target(session, actor, target_id)
    return ""


@webhooks.post("/webhooks/<id:target_id>/trials")
@webhooks.output({}, status_code=204)
@in_transaction
def send_trial(session: Session, actor: Actor, target_id: int) -> str:
    """Send an address a message that tells nothing, signed like all others"""
    service.send_trial(session, actor, target_id)
    return ""


@webhooks.post("/webhooks/<id:target_id>/retries")
@webhooks.output(RevivedOut)
@in_transaction
def revive_deliveries(session: Session, actor: Actor, target_id: int) -> dict[str, int]:
    """Try again what was given up for an address"""
    return {"deliveries": service.revive_deliveries(session, actor, target_id)}


@webhooks_page.get("/webhooks")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the addresses; they come by the JSON API."""
    return show_page(
        session,
        actor,
        "webhooks.html",
        action=service.KEEP,
        texts=("webhooks_page.", "handling.action_"),
        longest=LONGEST_ADDRESS,
        actions=service.list_actions(),
    )
