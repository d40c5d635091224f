"""``gridmap plan draw``: a plan as PNG or SVG. A module of its own: the drawing library is slow to load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.errors import Unavailable
from gridmap.formats.plan_picture import WIDTH, draw_plan, require_drawable
from gridmap.i18n import LANGUAGES
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_pictures import get_plan_picture

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance


@click.command()
@click.argument("plan_id", type=int)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--area", help="Only this grid, community or street of the plan. 仅此区域")
@click.option("--width", type=int, default=WIDTH, show_default=True, help="Pixels or points. 宽度(像素或点)")
@click.option(
    "--language", type=click.Choice(LANGUAGES), help="Of the picture; else your own. 图中文字的语言"
)
@click.option("--credit", default="", help="Whom the data belong to, for the source line. 数据来源的署名")
@click.pass_obj
def draw(
    entrance: Entrance,
    plan_id: int,
    file: Path,
    area: str | None,
    width: int,
    language: str | None,
    credit: str,
) -> None:
    """Draw a plan as a map into FILE (.png or .svg). 绘制方案图。"""
    require_drawable(file, width)
    with entrance.database() as database, database.transaction() as session:
        picture = get_plan_picture(session, SYSTEM, plan_id, area_code=area)
    asked = language or entrance.settings.language
    try:
        drawn = draw_plan(picture, file, width=width, language=asked, credit=credit)
    except OSError as error:
        raise Unavailable("picture_unwritten", file=file, reason=error.strerror or str(error)) from error
    if drawn.language != asked:
        entrance.say("picture.no_chinese_font")
    entrance.say(
        "picture.drawn",
        plan=plan_id,
        file=file,
        width=drawn.width,
        height=drawn.height,
        micro_grids=drawn.micro_grids,
        unlabelled=drawn.unlabelled,
    )
