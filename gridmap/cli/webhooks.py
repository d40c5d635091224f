"""``gridmap webhook …``: whom to tell of steps, and what could not be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gridmap.services import webhooks as service
from gridmap.services.actors import SYSTEM

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance


@click.group()
def webhook() -> None:
    """Tell other systems of every step, signed. 向其他系统推送事项进展(带签名)。"""


@webhook.command()
@click.argument("address")
@click.option("--action", "actions", multiple=True, help="Only this one; may be repeated. 只推送此操作")
@click.pass_obj
def add(entrance: Entrance, address: str, actions: tuple[str, ...]) -> None:
    """Register an address; the secret is shown once. 登记地址,密钥仅显示一次。"""
    private = entrance.settings.private_webhooks
    with entrance.database() as database, database.transaction() as session:
        added = service.add_target(session, SYSTEM, address, actions=actions, allow_private=private)
    entrance.say("webhooks.added", address=address)
    click.echo(added.secret)


@webhook.command("list")
@click.pass_obj
def list_(entrance: Entrance) -> None:
    """List addresses: number, address, delivered, waiting, dead, last answer. 列出地址。"""
    with entrance.database() as database, database.transaction() as session:
        found = service.list_targets(session, SYSTEM)
    for row in found:
        words = entrance.text("webhooks.counts", delivered=row.delivered, waiting=row.waiting, dead=row.dead)
        click.echo("\t".join([str(row.id), row.address, words, row.answer or ""]))
    if not found:
        entrance.say("webhooks.none")


@webhook.command()
@click.argument("number", type=int)
@click.pass_obj
def remove(entrance: Entrance, number: int) -> None:
    """Tell an address nothing more. 停止推送。"""
    with entrance.database() as database, database.transaction() as session:
        service.remove_target(session, SYSTEM, number)
    entrance.say("webhooks.removed", number=number)


@webhook.command()
@click.argument("number", type=int)
@click.pass_obj
def retry(entrance: Entrance, number: int) -> None:
    """Try again what was given up. 重新推送已放弃的消息。"""
    with entrance.database() as database, database.transaction() as session:
        count = service.revive_deliveries(session, SYSTEM, number)
    entrance.say("webhooks.retried", count=count)
