"""``gridmap account …``: who may sign in as what, and tokens for machines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gridmap.services import accounts, tokens
from gridmap.services.actors import ROLES, SYSTEM

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance


@click.group("account")
def account() -> None:
    """Keep accounts and tokens. 账号与令牌。"""


@account.command()
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What it may do. 角色")
@click.option("--area", "areas", multiple=True, help="Code of an area it sees; may be repeated. 可见区域")
@click.option("--staff", help="Code of the post behind it (field accounts). 对应的人员岗位")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="语言")
@click.option("--no-password", is_flag=True, help="For machines: tokens only. 仅供令牌使用,不设密码")
@click.pass_obj
def add(
    entrance: Entrance,
    username: str,
    role: str,
    areas: tuple[str, ...],
    staff: str | None,
    language: str,
    no_password: bool,
) -> None:
    """Add an account; its password is asked for, or read from standard input. 新增账号。"""
    password = None if no_password else _ask_password(entrance)
    with entrance.database() as database, database.transaction() as session:
        accounts.create_account(
            session,
            SYSTEM,
            username,
            role=role,
            password=password,
            area_codes=areas,
            staff_code=staff,
            language=language,
        )
    entrance.say("accounts.added", username=username)


@account.command("list")
@click.pass_obj
def list_(entrance: Entrance) -> None:
    """List accounts: name, role, areas, post, on or off. 列出账号。"""
    with entrance.database() as database, database.transaction() as session:
        found = accounts.list_accounts(session, SYSTEM, limit=None)
    for row in found:
        areas = ",".join(row.areas or []) or ("*" if row.role == "admin" else "-")
        state = entrance.text("accounts.on" if row.active else "accounts.off")
        click.echo(f"{row.username}\t{row.role}\t{areas}\t{row.staff_code or '-'}\t{state}")
    if not found:
        entrance.say("accounts.none")


@account.command()
@click.argument("username")
@click.pass_obj
def password(entrance: Entrance, username: str) -> None:
    """Set a new password; the open sessions end. 重设密码。"""
    new = _ask_password(entrance)
    with entrance.database() as database, database.transaction() as session:
        accounts.set_password(session, SYSTEM, username, new)
    entrance.say("accounts.password_set", username=username)


@account.command()
@click.argument("username")
@click.option("--on/--off", default=False, help="Switch it on or off. 启用或停用")
@click.pass_obj
def switch(entrance: Entrance, username: str, on: bool) -> None:
    """Switch an account off, or on again. 停用或启用账号。"""
    with entrance.database() as database, database.transaction() as session:
        accounts.set_active(session, SYSTEM, username, on)
    entrance.say("accounts.switched_on" if on else "accounts.switched_off", username=username)


@account.command()
@click.argument("username")
@click.option("--label", required=True, help="What it is for. 用途")
@click.option("--days", type=int, default=90, show_default=True, help="Until it expires. 有效天数")
@click.pass_obj
def token(entrance: Entrance, username: str, label: str, days: int) -> None:
    """Issue a bearer token; it is shown once. 签发令牌,仅显示一次。"""
    with entrance.database() as database, database.transaction() as session:
        text, _ = tokens.issue_token(session, SYSTEM, username, label, days=days)
    entrance.say("accounts.token_issued", username=username, days=days)
    click.echo(text)


def _ask_password(entrance: Entrance) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(
        click.prompt(entrance.text("accounts.ask_password"), hide_input=True, confirmation_prompt=True)
    )
