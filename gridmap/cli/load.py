"""``gridmap load KIND FILE…``: everything a city brings along."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.cli.rosters import ROSTER, load_rosters
from gridmap.errors import BadInput
from gridmap.formats.columns import ColumnMap, read_column_map
from gridmap.formats.contract import kinds
from gridmap.formats.layers import Layer, read_layers
from gridmap.formats.osm import KINDS as OSM_KINDS
from gridmap.formats.osm import OSM, read_osm_layers
from gridmap.formats.rejects import names_rows, rejects_path, write_rejects
from gridmap.formats.vector import count_features
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import DEFAULT_SOURCE, LoadReport, load_layers
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from gridmap.cli.entrance import Entrance
    from gridmap.errors import FieldError

ALL_OF_OSM = "osm"


@click.command()
@click.argument("kind", type=click.Choice([*kinds(), ROSTER, ALL_OF_OSM]))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--crs", help="EPSG:4527, CGCS2000-3-39, GCJ-02, BD-09. 文件的坐标系")
@click.option("--source", help="Name of the origin; with the ids it is the key. 来源名称")
@click.option(
    "--map", "column_map", type=click.Path(path_type=Path), help="CSV: column,in_file,value,word. 对应表"
)
@click.option("--layer", help="Layer or sheet to read. 图层或工作表")
@click.option("--timezone", default=LOCAL_ZONE, show_default=True, help="Of times without a zone. 本地时区")
@click.option("--skip-bad", is_flag=True, help="Leave bad rows out instead of stopping. 跳过有问题的行")
@click.option("--rejects", type=click.Path(path_type=Path), help="Where to list bad rows. 问题清单文件")
@click.pass_obj
def load(
    entrance: Entrance,
    kind: str,
    files: tuple[Path, ...],
    crs: str | None,
    source: str | None,
    column_map: Path | None,
    layer: str | None,
    timezone: str,
    skip_bad: bool,
    rejects: Path | None,
) -> None:
    """Load files: all of them or nothing. 导入文件:全部成功或一行不写。

    KIND is what they hold; `osm` takes everything from .osm.pbf files; `roster` takes weekly patterns, single
    shifts, exceptions and the calendar from all sheets of a workbook.
    Files: .gpkg .geojson .shp .zip .kml .csv .csv.gz .xlsx .osm.pbf
    """
    if kind == ROSTER:
        load_rosters(entrance, files, zone=timezone, skip_bad=skip_bad, rejects=rejects)
        return
    mapping = read_column_map(column_map) if column_map else None
    reading = _Reading(kind, crs=crs, mapping=mapping, layer=layer, zone=timezone)
    with entrance.database() as database, database.transaction() as session:
        for file in files:
            _load_file(entrance, session, reading, file, source=source, skip_bad=skip_bad, rejects=rejects)


class _Reading:
    """How the files of one command are read."""

    def __init__(
        self, kind: str, *, crs: str | None, mapping: ColumnMap | None, layer: str | None, zone: str
    ) -> None:
        self.kind, self.crs, self.mapping, self.layer, self.zone = kind, crs, mapping, layer, zone
        self.ignored: list[str] = []

    def parts(self, file: Path) -> Iterator[tuple[str, int | None, Iterable[Layer]]]:
        """Yield the kinds of a file in the order of loading: kind, rows where known, layers."""
        self.ignored = []
        if file.name.lower().endswith(OSM):
            wanted = OSM_KINDS if self.kind == ALL_OF_OSM else (self.kind,)
            for kind, layer in read_osm_layers(file, wanted).items():
                yield kind, len(layer.rows), (layer,)
            return
        yield self.kind, count_features(file, self.layer) if file.is_file() else None, self._layers(file)

    def _layers(self, file: Path) -> Iterator[Layer]:
        for layer in read_layers(
            self.kind, file, crs=self.crs, mapping=self.mapping, layer=self.layer, zone=self.zone
        ):
            self.ignored = list(layer.ignored)
            yield layer


def _load_file(
    entrance: Entrance,
    session: Session,
    reading: _Reading,
    file: Path,
    *,
    source: str | None,
    skip_bad: bool,
    rejects: Path | None,
) -> None:
    source = source or ("osm" if file.name.lower().endswith(OSM) else DEFAULT_SOURCE)
    refused: list[FieldError] = []
    try:
        for kind, total, layers in reading.parts(file):
            with entrance.progress("load.reading", file=file.name, kind=kind) as tell:
                report = load_layers(
                    session,
                    SYSTEM,
                    kind,
                    layers,
                    source=source,
                    skip_bad=skip_bad,
                    progress=partial(_tell, tell, total),
                )
            _say(entrance, report, reading.ignored)
            refused.extend(report.rejected)
    except BadInput as error:
        if names_rows(file, error.fields):
            _list_rejects(entrance, rejects or rejects_path(file), error.fields)
        raise
    if refused:
        _list_rejects(entrance, rejects or rejects_path(file), refused)


def _tell(tell: Callable[[int, int], None], total: int | None, rows: int) -> None:
    tell(rows, max(total or 0, rows))


def _say(entrance: Entrance, report: LoadReport, ignored: Sequence[str]) -> None:
    entrance.say(
        "load.done",
        kind=report.kind,
        inserted=report.inserted,
        updated=report.updated,
        unchanged=report.unchanged,
        mended=report.mended,
        rejected=len(report.rejected),
    )
    for note, count in report.notes.items():
        if count:
            entrance.say(f"load.note.{note}", count=count)
    if ignored:
        entrance.say("load.ignored", columns=", ".join(ignored))


def _list_rejects(entrance: Entrance, path: Path, errors: Sequence[FieldError]) -> None:
    try:
        write_rejects(path, errors)
    except OSError as error:
        entrance.say("load.rejects_unwritten", path=path, reason=error.strerror or "")
    else:
        entrance.say("load.rejects_written", path=path, count=len(errors))
