"""Orders: claimed once, by helpers of the area; each step by whom it belongs to, once however often sent."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.orders import (
    OrderDraft,
    create_order,
    get_order,
    list_my_orders,
    list_orders,
    take_order_step,
)
from gridmap.services.postings import today
from tests.spatial_city import fill

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.db import Database

BUILDING = 100_000_011
DESK = Actor(None, "desk", "dispatcher", (10,))
FIRST, SECOND, OFFICER = (Actor(None, f"post {n}", "field", (10,), n) for n in (1, 2, 3))
"""A volunteer, a partner organisation, a grid officer."""


def make_town(session: Session) -> None:
    fill(session.connection(), columns=6, rows=2, staff=12, days=1, issues=0)
    roles = "UPDATE staff SET role = CASE id WHEN 1 THEN 'volunteer' ELSE 'partner_organisation' END"
    session.execute(text(f"{roles} WHERE id IN (1, 2)"))


@pytest.fixture
def town(session: Session) -> Session:
    make_town(session)
    return session


def order(session: Session, actor: Actor = DESK, **more: object) -> int:
    draft = {"client_id": uuid4(), "kind": "repair", "title": "换楼道灯泡", "building_id": BUILDING}
    return create_order(session, actor, OrderDraft(**draft | more))


def test_from_the_wish_to_its_confirmation(town: Session) -> None:
    number = order(town, OFFICER, text="三层的灯不亮", wanted_by=today())
    assert [one["id"] for one in list_my_orders(town, FIRST)] == [number]
    assert get_order(town, FIRST, number)["steps"] == ["claim"]
    with pytest.raises(NotAllowed):
        take_order_step(town, OFFICER, number, "claim")  # no helper's role
    assert take_order_step(town, FIRST, number, "claim") == "claimed"
    assert take_order_step(town, FIRST, number, "claim") == "claimed"  # sent again
    assert list_my_orders(town, SECOND) == []
    with pytest.raises(Conflict) as refused:
        take_order_step(town, SECOND, number, "claim")
    assert refused.value.detail("zh") == "这一单已被接走：志愿者（Volunteer）。"
    with pytest.raises(NotAllowed):
        take_order_step(town, SECOND, number, "finish")
    take_order_step(town, FIRST, number, "finish")
    with pytest.raises(NotAllowed):
        take_order_step(town, FIRST, number, "confirm")
    assert take_order_step(town, OFFICER, number, "redo") == "claimed"
    take_order_step(town, FIRST, number, "finish")
    assert take_order_step(town, OFFICER, number, "confirm") == "confirmed"
    done = get_order(town, DESK, number)
    assert (done["state"], done["claimed_role_zh"], done["version"], done["steps"]) == (
        "confirmed",
        "志愿者",
        5,
        [],
    )
    assert "claimed_by" not in done  # a role, nobody by code
    with pytest.raises(Conflict):
        take_order_step(town, DESK, number, "withdraw")


def test_what_is_given_back_is_open_again(town: Session) -> None:
    number = order(town)
    take_order_step(town, FIRST, number, "claim")
    assert take_order_step(town, FIRST, number, "give_back") == "open"
    assert take_order_step(town, SECOND, number, "claim") == "claimed"
    assert take_order_step(town, DESK, number, "withdraw") == "withdrawn"
    assert list_my_orders(town, SECOND) == []


def test_only_orders_of_ones_own_areas(town: Session) -> None:
    inside, outside = order(town), order(town, SYSTEM, building_id=None, area_code="G5-0")
    assert [one["id"] for one in list_orders(town, DESK)] == [inside]
    assert {one["id"] for one in list_orders(town, SYSTEM)} == {inside, outside}
    with pytest.raises(NotFound):
        take_order_step(town, FIRST, outside, "claim")
    assert [one["id"] for one in list_orders(town, SYSTEM, area_code="S1", is_open=True)] == [outside]
    assert list_orders(town, SYSTEM, kind="errand") == []


def test_what_is_wrong_is_said_by_field(town: Session) -> None:
    for more, column in (
        ({"kind": "secret"}, "kind"),
        ({"title": " "}, "title"),
        ({"text": "长" * 301}, "text"),
        ({"building_id": 1}, "building_id"),
        ({"building_id": None}, "building_id"),
        ({"wanted_by": today() - timedelta(days=1)}, "wanted_by"),
    ):
        with pytest.raises(BadInput) as refused:
            order(town, **more)
        assert [fault.column for fault in refused.value.fields] == [column]
    client = uuid4()
    first = order(town, client_id=client)
    assert order(town, client_id=client) == first
    with pytest.raises(Conflict):
        order(town, client_id=client, title="别的事")


def test_of_two_at_once_one_gets_it(database: Database) -> None:
    with database.transaction() as session:
        make_town(session)
        number = order(session)
    got: list[str] = []

    def claim(actor: Actor) -> None:
        try:
            with database.transaction() as session:
                take_order_step(session, actor, number, "claim")
            got.append(actor.username)
        except Conflict as refused:
            got.append(refused.message)

    both = [threading.Thread(target=claim, args=(one,)) for one in (FIRST, SECOND) * 3]
    for one in both:
        one.start()
    for one in both:
        one.join()
    winner = next(one for one in got if one.startswith("post"))
    assert sorted(got) == sorted(["order_claimed"] * 3 + [winner] * 3)  # the winner's others are repeats
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM order_events WHERE action = 'claim'")) == 1
