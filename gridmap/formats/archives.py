"""Files that unpack into other files: looked at before anything is expanded.

Archives and XML can hold far more than they weigh. Sizes are read from the directory and counted again
while unpacking; entries are written under names of our own, so paths inside an archive mean nothing; XML
with a document type, the carrier of entity attacks, is refused before a reader sees it.
"""

import gzip
import zipfile
import zlib
from pathlib import Path
from typing import IO, NoReturn
from xml.parsers import expat

from gridmap.errors import BadInput, FieldError

MOST_ENTRIES = 1_000
MOST_BYTES = 4_000_000_000
SUSPECT_BYTES = 50_000_000
MOST_RATIO = 200
STEP_BYTES = 1 << 20

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def refuse(where: str, reason: str, value: str = "", hint: str = "") -> NoReturn:
    """Raise the error that a whole file cannot be used."""
    raise BadInput("load_refused", fields=[FieldError(where, "", reason, value[:60], hint)], count=1)


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a ZIP file whose directory promises a sane content.

    Raises
    ------
    BadInput
        Not a ZIP file, encrypted, too many entries, or sizes out of proportion.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        refuse(path.name, "unreadable_file", hint="ZIP")
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    # Against the size of the file itself: entries that overlap in it count as often as they are named.
    ratio = total / max(path.stat().st_size, 1)
    if len(entries) > MOST_ENTRIES or total > MOST_BYTES or (total > SUSPECT_BYTES and ratio > MOST_RATIO):
        archive.close()
        refuse(
            path.name, "archive_too_big", f"{len(entries)} / {total} B", f"{MOST_ENTRIES} / {MOST_BYTES} B"
        )
    if any(entry.flag_bits & 1 for entry in entries):
        archive.close()
        refuse(path.name, "archive_encrypted")
    return archive


def unpack_shapefile(path: Path, folder: Path, layer: str | None = None) -> Path:
    """Unpack the one shapefile of a ZIP file into ``folder`` and give the path of its ``.shp``.

    Parameters
    ----------
    layer
        Name of the shapefile, without ending, when the archive holds several.
    """
    with open_zip(path) as archive:
        names = [entry for entry in archive.infolist() if not entry.is_dir()]
        shapes = {
            Path(entry.filename).stem: entry for entry in names if entry.filename.lower().endswith(".shp")
        }
        if layer is None and len(shapes) == 1:
            layer = next(iter(shapes))
        if layer not in shapes:
            refuse(path.name, "choose_layer", layer or "", ", ".join(sorted(shapes)) or ".shp")
        stem = shapes[layer].filename[:-4]
        for entry in names:
            ending = Path(entry.filename).suffix.lower()
            if entry.filename[: -len(ending) or None] == stem and ending in SHAPEFILE_PARTS:
                with archive.open(entry) as packed:
                    _write(packed, folder / f"layer{ending}", path.name)
    return folder / "layer.shp"


def read_gzip(path: Path) -> bytes:
    """Unpack a GZIP file into memory, at most 1 GB."""
    parts: list[bytes] = []
    total = 0
    try:
        with gzip.open(path) as packed:
            while part := packed.read(STEP_BYTES):
                total += len(part)
                if total > MOST_BYTES // 4:
                    refuse(path.name, "archive_too_big", f"> {total} B", f"{MOST_BYTES // 4} B")
                parts.append(part)
    except (OSError, EOFError, zlib.error):
        refuse(path.name, "unreadable_file", hint="GZIP")
    return b"".join(parts)


def refuse_document_type(stream: IO[bytes], where: str) -> str:
    """Read XML up to its first element and give that element's name.

    Raises
    ------
    BadInput
        If a document type stands before it, or there is no element.
    """
    found: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def start_document_type(*_: object) -> None:
        refuse(where, "xml_document_type")

    def start_element(name: str, _attributes: object) -> None:
        if not found:
            found.append(name.rpartition(" ")[2])

    parser.StartDoctypeDeclHandler = start_document_type
    parser.StartElementHandler = start_element
    try:
        while not found and (part := stream.read(1 << 16)):
            parser.Parse(part)
        if not found:
            parser.Parse(b"", True)  # newer versions put long tokens off until they are told that this is all
    except expat.ExpatError:
        if not found:
            refuse(where, "unreadable_file", hint="XML")
    if not found:
        refuse(where, "unreadable_file", hint="XML")
    return found[0]


def check_workbook(path: Path) -> None:
    """Refuse an XLSX file that unpacks out of proportion or carries a document type."""
    with open_zip(path) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith((".xml", ".rels")) and entry.file_size:
                try:
                    with archive.open(entry) as part:
                        refuse_document_type(part, path.name)
                except (zipfile.BadZipFile, zlib.error, NotImplementedError):
                    refuse(path.name, "unreadable_file", hint="XLSX")


def _write(packed: IO[bytes], target: Path, where: str) -> None:
    written = 0
    try:
        with target.open("wb") as file:
            while part := packed.read(STEP_BYTES):
                written += len(part)
                if written > MOST_BYTES:
                    refuse(where, "archive_too_big", f"> {written} B", f"{MOST_BYTES} B")
                file.write(part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        refuse(where, "unreadable_file", hint="ZIP")
