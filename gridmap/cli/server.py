"""``gridmap migrate``, ``gridmap check-server``, ``gridmap settings``: the ground under the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.table import Table

from gridmap import db

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance


@click.command()
@click.option("--draft", metavar="TEXT", help="Write a new migration from the models. 由模型草拟一个新迁移。")
@click.pass_obj
def migrate(entrance: Entrance, draft: str | None) -> None:
    """Bring the tables to the newest revision. 更新数据库结构。"""
    with entrance.database() as database:
        if draft:
            db.draft_migration(database, draft)
        entrance.say("say.database_newest")


@click.command()
@click.pass_obj
def check_server(entrance: Entrance) -> None:
    """Say whether the database server has what GridMap needs. 检查数据库服务器是否满足要求。"""
    database = db.open_database(entrance.settings, say=entrance.say)
    try:
        with database.engine.begin() as connection:
            db.check_server(connection)
            entrance.say("say.server_fits", versions=db.describe_server(connection))
    finally:
        database.close()


@click.command("settings")
@click.pass_obj
def show_settings(entrance: Entrance) -> None:
    """List all settings with their values; secrets are masked. 列出全部设置,密钥不显示。"""
    table = Table(box=None, pad_edge=False)
    for heading in ("variable", "value", "meaning"):
        table.add_column(entrance.text(f"say.settings_{heading}"), overflow="fold")
    for setting, shown in entrance.settings.list_shown():
        table.add_row(setting.env, shown, setting.zh if entrance.settings.language == "zh" else setting.en)
    entrance.console.print(table)
