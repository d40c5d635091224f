"""``gridmap areas …``: grids for a city that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gridmap.services import areas as services
from gridmap.services.actors import SYSTEM

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance


@click.group()
def areas() -> None:
    """Areas and grids. 区域与网格。"""


@areas.command()
@click.option("--code", default="990001", show_default=True, help="Code of the new district. 新区县编码")
@click.option("--name", default="示例区", show_default=True, help="Name of the new district. 新区县名称")
@click.option("--source", help="Only buildings loaded under this name. 仅此来源的楼栋")
@click.option("--within", help="Make grids inside this area's communities instead. 在已有区域的社区内生成")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same grids. 随机种子")
@click.pass_obj
def derive(
    entrance: Entrance, code: str, name: str, source: str | None, within: str | None, seed: int
) -> None:
    """Make grids of about 400 households from buildings alone. 由楼栋自动生成约 400 户的网格。"""
    with (
        entrance.database() as database,
        entrance.progress("areas.deriving") as tell,
        database.transaction() as session,
    ):
        if within:
            made = services.derive_inside(session, SYSTEM, within, seed=seed, progress=tell)
        else:
            made = services.derive_city(
                session, SYSTEM, code=code, name=name, source=source, seed=seed, progress=tell
            )
    entrance.say("areas.derived", grids=made, area=within or code)
