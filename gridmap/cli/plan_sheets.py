"""``gridmap plan sheets``: the micro-grids of a community on paper."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.errors import BadInput, FieldError, Unavailable
from gridmap.formats.plan_sheets import write_booklet
from gridmap.formats.plan_sheets.writing import require_writable
from gridmap.i18n import LANGUAGES
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_sheets import get_booklet, get_sheet

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance

ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


@click.command()
@click.argument("plan_id", type=int)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--area", help="Community or grid: a booklet of it. 社区或网格的手册")
@click.option("--code", help="One micro-grid: its sheet alone. 单个微网格的图表")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the sheets; else your own. 语言")
@click.option("--address", help="Where this GridMap is reached, for the QR codes. 二维码中的网址")
@click.pass_obj
def sheets(
    entrance: Entrance,
    plan_id: int,
    file: Path,
    area: str | None,
    code: str | None,
    language: str | None,
    address: str | None,
) -> None:
    """Write A4 sheets of a plan's micro-grids into FILE (.pdf). 打印微网格图表。"""
    if (area is None) == (code is None):
        raise click.UsageError("Give either --area or --code. 请给出 --area 或 --code 之一")
    require_writable(file)
    base = base_address(entrance, address)
    with entrance.database() as database, database.transaction() as session:
        if code is not None:
            booklet = get_sheet(session, SYSTEM, plan_id, code, address=base)
        else:
            booklet = get_booklet(session, SYSTEM, plan_id, str(area), address=base)
    asked = language or entrance.settings.language
    try:
        with entrance.progress("plan_sheets.drawing", area=area or code) as tell:
            written = write_booklet(booklet, file, language=asked, progress=tell)
    except OSError as error:
        raise Unavailable("picture_unwritten", file=file, reason=error.strerror or str(error)) from error
    if written.language != asked:
        entrance.say("picture.no_chinese_font")
    entrance.say("plan_sheets.drawn", file=file, sheets=written.sheets, pages=written.pages)


def base_address(entrance: Entrance, address: str | None) -> str:
    """Give the address that QR codes lead to; raises BadInput for one that is none."""
    if address is None:
        base = f"http://{entrance.settings.host}:{entrance.settings.port}"
        entrance.say("plan_sheets.local_address", address=base)
        return base
    if not ADDRESS.fullmatch(address):
        hint = "https://gridmap.example.org"
        raise BadInput(fields=[FieldError("--address", "", "base_address", address[:60], hint)])
    return address
