"""The PDF: cover, table and sheets, page by page; written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from matplotlib.backends.backend_pdf import PdfPages

from gridmap.errors import BadInput, FieldError
from gridmap.formats.plan_picture.lettering import Lettering, find_lettering
from gridmap.formats.plan_picture.sheet import Sheet
from gridmap.formats.plan_sheets import cover, sheets
from gridmap.formats.plan_sheets.flows import HEIGHT
from gridmap.formats.plan_sheets.frames import Booklet

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Written:
    """What came of it: pages, sheets, and the language (English where no font for Chinese is installed)."""

    pages: int
    sheets: int
    language: str


def write_booklet(
    booklet: Booklet,
    path: Path,
    *,
    language: str = "zh",
    letters: Lettering | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write sheets as an A4 PDF; the file appears whole or not at all.

    Parameters
    ----------
    letters
        Fonts; None = those that are installed.
    progress
        Called with (pages drawn, pages in all).

    Raises
    ------
    BadInput
        If the file's ending is not ``.pdf`` or its folder is not there.
    OSError
        If the file cannot be written.
    """
    require_writable(path)
    letters = letters or find_lettering(is_kept=False)
    spoken = letters.language(language)
    title = cover.title_of_area(booklet, spoken, letters)
    pages, total = draw_pages(booklet, spoken, letters)
    write_pages(pages, path, title=title, total=total, progress=progress)
    return Written(total, len(booklet.cards), spoken)


def write_pages(
    pages: Iterable[Sheet], path: Path, *, title: str, total: int = 0, progress: Progress | None = None
) -> int:
    """Write pages into a PDF that appears whole or not at all; how many they were.

    Parameters
    ----------
    progress
        Called with (pages written, ``total``).
    """
    # Nothing of the day or the machine goes in.
    about = {"Title": title, "Creator": "GridMap", "Producer": "GridMap", "CreationDate": None}
    done = 0
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gridmap-") as folder:
        unfinished = Path(folder) / path.name
        with PdfPages(unfinished, metadata=about) as file:
            for done, sheet in enumerate(pages, 1):
                file.savefig(sheet.finish(HEIGHT))
                if progress is not None:
                    progress(done, total)
        os.replace(unfinished, path)
    return done


def require_writable(path: Path) -> None:
    """Refuse a file that cannot be written before anything is read; raises BadInput."""
    wrong = []
    if path.suffix.lower() != ".pdf":
        wrong.append(FieldError(str(path), "format", "unknown_format", path.suffix, ".pdf"))
    if not path.parent.is_dir():
        wrong.append(FieldError(str(path), "", "no_such_folder", str(path.parent)))
    if wrong:
        raise BadInput(fields=wrong)


def draw_pages(booklet: Booklet, language: str, letters: Lettering) -> tuple[Iterator[Sheet], int]:
    """Draw one page after the other; give the pages and how many there are."""
    before = cover.count_pages(booklet, language, letters) if booklet.has_cover else 0
    counts = [sheets.count_pages(card, language, letters) for card in booklet.cards]
    first_pages = [before + 1 + done for done in accumulate(counts, initial=0)]
    total = first_pages.pop() - 1

    def drawn() -> Iterator[Sheet]:
        if booklet.has_cover:
            yield from cover.draw_pages(booklet, language, letters, first_pages, total)
        for card, page in zip(booklet.cards, first_pages, strict=True):
            yield from sheets.draw_pages(booklet, card, language, letters, page, total)

    return drawn(), total
