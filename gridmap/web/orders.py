"""Orders: written for residents, claimed by helpers of the area, done, confirmed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field

from gridmap.services import orders as service
from gridmap.web.inputs import LARGEST_ID, Code, Input
from gridmap.web.outputs import Degrees, Out
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

orders = APIBlueprint("api_orders", __name__, url_prefix="/api/v1", tag="orders")


class OrdersQuery(Input):
    """Which orders, the newest first."""

    area: Code | None = None
    kind: Code | None = None
    state: Code | None = None
    is_open: Annotated[bool | None, Field(description="1: something is left to do")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    before: Annotated[int, Field(ge=0, le=LARGEST_ID, description="number of the last one seen")] = 0


class OrderFields(Input):
    """What is wanted, and where: a building or an area."""

    kind: Code
    title: Annotated[str, Field(max_length=service.LONGEST_TITLE)]
    text: Annotated[str, Field(max_length=service.LONGEST_TEXT, description="nothing about a person")] = ""
    building_id: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    area_code: Code | None = None
    wanted_by: date | None = None


class OrderBody(OrderFields):
    """An order."""

    client_id: Annotated[UUID, Field(description="made by the writer; sent twice, it is kept once")]


class OrderStepBody(Input):
    """A step."""

    action: Code


class OrderOut(Out):
    """An order."""

    id: int
    kind: str
    title: str
    text: str
    area_code: str
    area_name: str
    area_name_en: str | None
    building_id: int | None
    building_name: str | None
    lon: Degrees
    lat: Degrees
    wanted_by: date | None
    is_overdue: bool
    state: str
    version: int
    created_at: datetime
    claimed_role_zh: str | None = Field(description="role of who has claimed it; nobody is named")
    claimed_role_en: str | None
    is_mine: bool = Field(description="claimed by one's own post")
    is_ordered_by_me: bool
    steps: list[str] = Field(description="actions one may take now")


class OrdersOut(Out):
    """Orders."""

    items: list[OrderOut]
    next: int | None = Field(description="to give as `before` for the older ones; null at the end")


class MyOrdersOut(Out):
    """Orders that concern one's own post."""

    items: list[OrderOut]


@orders.get("/orders")
@orders.input(OrdersQuery, location="query")
@orders.output(OrdersOut)
@in_transaction
def list_orders(session: Session, actor: Actor, query_data: OrdersQuery) -> dict[str, Any]:
    """List the orders of one's own areas, the newest first"""
    asked = query_data
    rows = service.list_orders(
        session,
        actor,
        area_code=asked.area,
        kind=asked.kind,
        state=asked.state,
        is_open=asked.is_open,
        before_id=asked.before,
        limit=asked.limit + 1,
    )
    items = [OrderOut.model_validate(row) for row in rows[: asked.limit]]
    return {"items": items, "next": items[-1].id if len(rows) > asked.limit else None}


@orders.post("/orders")
@orders.input(OrderBody)
@orders.output(OrderOut, status_code=201)
@in_transaction
def create_order(session: Session, actor: Actor, json_data: OrderBody) -> OrderOut:
    """Write an order for a resident: nothing about the person"""
    number = service.create_order(session, actor, service.OrderDraft(**json_data.model_dump()))
    return OrderOut.model_validate(service.get_order(session, actor, number))


@orders.get("/orders/<id:order_id>")
@orders.output(OrderOut)
@in_transaction
def get_order(session: Session, actor: Actor, order_id: int) -> OrderOut:
    """See an order"""
    return OrderOut.model_validate(service.get_order(session, actor, order_id))


@orders.post("/orders/<id:order_id>/steps")
@orders.input(OrderStepBody)
@orders.output(OrderOut)
@in_transaction
def take_step(session: Session, actor: Actor, order_id: int, json_data: OrderStepBody) -> OrderOut:
    """Claim an order, give it back, say that it is done, confirm or withdraw it"""
    service.take_order_step(session, actor, order_id, json_data.action)
    return OrderOut.model_validate(service.get_order(session, actor, order_id))


@orders.get("/staff/me/orders")
@orders.output(MyOrdersOut)
@in_transaction
def list_mine(session: Session, actor: Actor) -> dict[str, Any]:
    """List the orders that are open to one's own post, claimed by it, or written by it"""
    return {"items": [OrderOut.model_validate(row) for row in service.list_my_orders(session, actor)]}
