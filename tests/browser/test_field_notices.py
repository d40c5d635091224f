"""Notices on the phone: taken round without network, told once there is signal."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import expect
from sqlalchemy import delete, select

from gridmap.models import Account, Building, Entrance, NoticePart, Posting
from gridmap.services.actors import SYSTEM
from gridmap.services.notices import send_notice
from tests.browser.conftest import DISTRICT, PHONE
from tests.browser.test_field_offline import go_offline, go_online, open_field

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

    from gridmap.db import Database


def post_to_an_entrance(session: Session) -> Entrance:
    """Let the field account's post answer for one entrance of a building with several, and nothing else."""
    staff_id = session.scalars(select(Account.staff_id).where(Account.username == "field")).one()
    session.execute(delete(Posting).where(Posting.staff_id == staff_id))
    doors = select(Entrance).join(Building).where(Entrance.households > 0, Building.entrance_count > 1)
    door = session.scalars(doors.order_by(Entrance.building_id, Entrance.number.desc()).limit(1)).one()
    session.add(Posting(staff_id=staff_id, entrance_id=door.id, starts_on=date(2026, 1, 1)))
    session.flush()
    return door


def test_head_of_an_entrance_tells_of_its_homes_without_network(
    sign_in: Callable[..., Page], database: Database
) -> None:
    with database.transaction() as session:
        door = post_to_an_entrance(session)
        notice = send_notice(session, SYSTEM, uuid4(), DISTRICT, "停水通知", "明天停水。")
        number, homes, building = door.number, door.households, door.building_id
        whole = session.scalar(select(Building.households).where(Building.id == building))
    page = sign_in("field", viewport=PHONE, refused="net::ERR")
    open_field(page)
    row = page.locator(f"[data-notice='{notice.id}'] li[data-building='{building}']")
    go_offline(page)
    expect(row).to_contain_text(f"{number} 单元")
    expect(row).to_contain_text(f"{homes} 户")
    row.get_by_role("button").click()
    expect(row).to_contain_text("送到")
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "1")
    go_online(page)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    with database.transaction() as session:
        told = select(NoticePart).where(NoticePart.notice_id == notice.id, NoticePart.building_id == building)
        parts = {part.entrance_number: part for part in session.scalars(told)}
        assert sum(part.households for part in parts.values()) == whole
        assert [name for name, part in parts.items() if part.reached_at] == [number]
        assert parts[number].households == homes
