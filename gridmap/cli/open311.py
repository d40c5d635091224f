"""``gridmap open311 …``: keys of applications, and the register of services."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.errors import BadInput, FieldError
from gridmap.services import open311_keys as keys
from gridmap.services import open311_register as register
from gridmap.services.actors import SYSTEM

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW = click.Path(dir_okay=False, path_type=Path)


@click.group()
def open311() -> None:
    """Open311: keys and services. Open311 接口的密钥与服务目录。"""


@open311.group()
def key() -> None:
    """Keys of applications. 应用密钥。"""


@key.command()
@click.argument("application")
@click.option("--per-hour", type=int, default=keys.PER_HOUR, show_default=True, help="Reports. 每小时上限")
@click.option("--reads-details", is_flag=True, help="Sees texts and exact places. 可读描述与确切位置")
@click.pass_obj
def add(entrance: Entrance, application: str, per_hour: int, reads_details: bool) -> None:
    """Issue a key; it is shown once. 签发密钥,仅显示一次。"""
    with entrance.database() as database, database.transaction() as session:
        text, row = keys.issue_key(
            session, SYSTEM, application, per_hour=per_hour, reads_details=reads_details
        )
        number = row.id
    entrance.say("open311.key_issued", number=number, application=application)
    click.echo(text)


@key.command("list")
@click.pass_obj
def list_(entrance: Entrance) -> None:
    """List keys: number, application, per hour, details, state. 列出密钥。"""
    with entrance.database() as database, database.transaction() as session:
        found = keys.list_keys(session, SYSTEM)
    for row in found:
        details = entrance.text("open311.details" if row.reads_details else "open311.no_details")
        state = entrance.text("open311.valid" if row.revoked_at is None else "open311.revoked")
        click.echo(f"{row.id}\t{row.application}\t{row.per_hour}/h\t{details}\t{state}")
    if not found:
        entrance.say("open311.no_keys")


@key.command()
@click.argument("number", type=int)
@click.pass_obj
def revoke(entrance: Entrance, number: int) -> None:
    """Make a key worthless at once. 立即吊销密钥。"""
    with entrance.database() as database, database.transaction() as session:
        keys.revoke_key(session, SYSTEM, number)
    entrance.say("open311.key_revoked", number=number)


@open311.command()
@click.option("--load", "source", type=EXISTING, help="Replace the register by this file. 以文件替换目录")
@click.option("--out", type=NEW, help="Write it to a file instead of showing it. 写入文件")
@click.pass_obj
def services(entrance: Entrance, source: Path | None, out: Path | None) -> None:
    """Show the register of services as JSON, or load one. 查看或载入服务目录。"""
    with entrance.database() as database, database.transaction() as session:
        if source is not None:
            number = register.load_services(session, SYSTEM, source.name, _read(source))
        text = register.build_file(session, SYSTEM)
    if source is not None:
        entrance.say("open311.services_loaded", services=number)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    elif source is None:
        click.echo(text, nl=False)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(fields=[FieldError(path.name, "", "open311_not_utf8")]) from None
