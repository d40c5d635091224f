"""Fonts, and how wide a text gets: Chinese where a font for it is installed, else English and codes.

An SVG keeps its texts as texts and names a list of fonts, so that the reader's own are used; a PNG needs a
font here and now. No text is drawn with a font that lacks its letters.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager, get_font
from matplotlib.ft2font import FT2Font, LoadFlags

CHINESE = (
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Droid Sans Fallback",
)
FILES = re.compile(
    r"pingfang|msyh|noto ?sans ?(cjk|sc)|sourcehansans|wqy|simhei|droidsansfallback", re.IGNORECASE
)
READERS = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif")
LATIN = "DejaVu Sans"  # comes with matplotlib
SAMPLE = "微网格户"
# A Chinese letter or any other word, with the punctuation and the blanks that may not start a line.
WORDS = re.compile(r"(?:[⺀-⿿぀-鿿“（《]|[^\s⺀-鿿＀-￯“”《（]+)[、。，；：！？”）》·]*\s*|\S\s*|\s+")
MEASURED_AT = 100  # pixels: widths are measured once at this size

# The fonts that an SVG names for its readers need not be installed here.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Lettering:
    """The fonts of a picture.

    Attributes
    ----------
    families
        Installed, the first that has a letter gives it.
    is_kept
        The file keeps texts as texts (SVG): the reader's fonts count as well.
    """

    families: tuple[str, ...]
    is_kept: bool = False
    widths: dict[tuple[str, bool], float] = field(default_factory=dict, repr=False, compare=False)

    def can_write(self, text: str) -> bool:
        """Tell whether every letter of a text will be shown."""
        return self.is_kept or all(
            any(font.get_char_index(ord(letter)) for font in self._fonts(bold=False)) for letter in text
        )

    def language(self, asked: str) -> str:
        """Give the language to write in: the one asked for, English where Chinese has no font."""
        return asked if asked == "en" or self.can_write(SAMPLE) else "en"

    def properties(self, size: float, *, bold: bool = False) -> FontProperties:
        """Give the font for matplotlib."""
        families = [*READERS[:-1], *self.families, READERS[-1]] if self.is_kept else list(self.families)
        return FontProperties(
            family=list(dict.fromkeys(families)), size=size, weight="bold" if bold else "normal"
        )

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """Measure a text in pixels."""
        return sum(self._advance(letter, bold) for letter in text) * size

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """Break a text into lines at blanks, or behind any Chinese letter."""
        lines = [""]
        for word in WORDS.findall(text):
            if lines[-1] and self.width((lines[-1] + word).rstrip(), size) > width:
                lines.append("")
            lines[-1] += word
        return [line.rstrip() for line in lines]

    def _fonts(self, *, bold: bool) -> Iterator[FT2Font]:
        weight = "bold" if bold else "normal"
        for family in self.families:
            yield get_font(fontManager.findfont(FontProperties(family=family, weight=weight)))

    def _advance(self, letter: str, bold: bool) -> float:
        """Width of a letter in ems; one that no font has is as wide as a Chinese one."""
        if (letter, bold) not in self.widths:
            self.widths[letter, bold] = 1.0
            for font in self._fonts(bold=bold):
                if font.get_char_index(ord(letter)):
                    font.set_size(MEASURED_AT, 72)
                    glyph = font.load_char(ord(letter), flags=LoadFlags.NO_HINTING)
                    self.widths[letter, bold] = glyph.linearHoriAdvance / 65536 / MEASURED_AT
                    break
        return self.widths[letter, bold]


def find_lettering(*, is_kept: bool) -> Lettering:
    """Choose among the fonts installed now (a font that came since matplotlib looked is found, too)."""
    known = {Path(entry.fname) for entry in fontManager.ttflist}
    for file in sorted(findSystemFonts()):
        if FILES.search(Path(file).name) and Path(file) not in known:
            fontManager.addfont(file)
    there = {entry.name for entry in fontManager.ttflist if Path(entry.fname).exists()}
    return Lettering((*[name for name in CHINESE if name in there][:1], LATIN), is_kept)
