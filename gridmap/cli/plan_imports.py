"""``gridmap plan import``: an equivalency list or drawn polygons as a new draft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.errors import BadInput
from gridmap.formats.rejects import names_rows, rejects_path, write_rejects
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_imports import Source, import_plan
from gridmap.services.plans import figures_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.cli.entrance import Entrance
    from gridmap.errors import FieldError
    from gridmap.services.plan_imports import Imported

CODES_SHOWN = 10


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--area", required=True, help="Area that the draft divides. 划分的区域")
@click.option("--layer", help="Layer or sheet to read. 图层或工作表")
@click.option("--crs", help="Of polygons: EPSG:4527, CGCS2000-3-39, GCJ-02, BD-09. 多边形的坐标系")
@click.option("--code", "code_column", help="Column that names the micro-grid of a polygon. 编码所在的列")
@click.option("--min", "households_min", type=int, help="Fewest households of a micro-grid. 最少户数")
@click.option("--max", "households_max", type=int, help="Most households of a micro-grid. 最多户数")
@click.option(
    "--list", "listed", type=click.Path(path_type=Path), help="Where to list what is wrong. 清单文件"
)
@click.pass_obj
def import_(
    entrance: Entrance,
    file: Path,
    area: str,
    layer: str | None,
    crs: str | None,
    code_column: str | None,
    households_min: int | None,
    households_max: int | None,
    listed: Path | None,
) -> None:
    """Make a new draft from FILE: all of it or nothing. 由文件生成方案草案:全部正确才写入。

    FILE is a table of buildings, entrances, floors and their micro-grids (.csv, .xlsx), or polygons with a
    column of codes (.gpkg, .geojson, zipped .shp).
    """
    band = {"households_min": households_min, "households_max": households_max}
    rules = {name: value for name, value in band.items() if value is not None}
    source = Source(file, layer=layer, crs=crs, code_column=code_column)
    try:
        with (
            entrance.database() as database,
            entrance.progress("plan_imports.drawing", file=file.name) as bar,
            database.transaction() as session,
        ):
            made = import_plan(
                session, SYSTEM, area, source, rules=rules, tell=lambda _, done, total: bar(done, total)
            )
    except BadInput as error:
        if names_rows(file, error.fields):
            _list(entrance, listed or rejects_path(file), error.fields, "load.rejects_written")
        raise
    _say(entrance, made, file)
    if made.doubtful:
        path = rejects_path(file).with_name(f"{file.name}.doubtful.csv")
        _list(entrance, listed or path, made.doubtful, "plan_imports.doubtful")


def _say(entrance: Entrance, made: Imported, file: Path) -> None:
    entrance.say(
        "plan_imports.done",
        **figures_of(made.plan) | {"plan": made.plan.id, "file": file.name, "rows": made.rows},
    )
    if made.buildings_unassigned:
        entrance.say(
            "plan_imports.unassigned",
            buildings=made.buildings_unassigned,
            households=made.households_unassigned,
        )
    for key, codes in (("empty", made.empty_codes), ("retired", made.retired_codes)):
        if codes:
            more = " …" if len(codes) > CODES_SHOWN else ""
            entrance.say(f"plan_imports.{key}", count=len(codes), codes=" ".join(codes[:CODES_SHOWN]) + more)
    if made.ignored:
        entrance.say("plan_imports.ignored", columns=", ".join(made.ignored))


def _list(entrance: Entrance, path: Path, errors: Sequence[FieldError], key: str) -> None:
    try:
        write_rejects(path, errors)
    except OSError as error:
        entrance.say("load.rejects_unwritten", path=path, reason=error.strerror or "")
    else:
        entrance.say(key, path=path, count=len(errors))
