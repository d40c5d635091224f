"""``gridmap qr``: stickers for the doors of a building or an area."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.cli.plan_sheets import base_address
from gridmap.errors import Unavailable
from gridmap.formats.plan_sheets.writing import require_writable
from gridmap.formats.stickers import write_stickers
from gridmap.i18n import LANGUAGES
from gridmap.services.actors import SYSTEM
from gridmap.services.building_codes import issue_codes
from gridmap.services.stickers import build_stickers

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance


@click.command()
@click.argument("place")
@click.option("--building", is_flag=True, help="PLACE is the number of a building. PLACE 为楼栋编号")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("stickers.pdf"),
    show_default=True,
    help="PDF. 写入文件",
)
@click.option("--replace", is_flag=True, help="Also where a valid one is; that one ends. 换发,旧码失效")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the stickers; else your own. 语言")
@click.option("--address", help="Official address; else the setting. 官方网址")
@click.pass_obj
def qr(
    entrance: Entrance,
    place: str,
    building: bool,
    out: Path,
    replace: bool,
    language: str | None,
    address: str | None,
) -> None:
    """Issue codes for the doors of PLACE (code of an area) and print their stickers. 打印门贴。"""
    if building and not place.isdecimal():
        raise click.UsageError("With --building PLACE is a number. 楼栋编号须为数字")
    require_writable(out)
    base = base_address(entrance, address or entrance.settings.public_address or None)
    asked = language or entrance.settings.language
    with entrance.database() as database, database.transaction() as session:
        issued = issue_codes(
            session,
            SYSTEM,
            area_code=None if building else place,
            building_id=int(place) if building else None,
            replace=replace,
        )
        stickers = build_stickers(issued, base)
        # Drawn before the commit: codes that are on no paper would be of no use to anybody.
        try:
            with entrance.progress("stickers.drawing") as tell:
                written = write_stickers(stickers, out, language=asked, progress=tell)
        except OSError as error:
            raise Unavailable("picture_unwritten", file=out, reason=error.strerror or str(error)) from error
    if written.language != asked:
        entrance.say("picture.no_chinese_font")
    entrance.say("stickers.drawn", file=out, stickers=written.sheets, pages=written.pages)
