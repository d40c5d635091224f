"""Addresses as people write them: brought to the form of the register, and taken apart for searching."""

from __future__ import annotations

import re
import unicodedata

LONGEST_PART = 5
"""Letters; a longer word is halved, so that a wrong letter spoils only half of it."""
INDEXED = 3
"""Letters; the index knows nothing shorter."""
FEWEST_PARTS = 3

_ESCAPED = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})
_TRADITIONAL = str.maketrans("號樓棟單層區縣鎮鄉", "号楼栋单层区县镇乡")
_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True)) | {"两": 2}
_NUMERAL = re.compile(r"([一二两三四五六七八九]?)(十?)([一二三四五六七八九]?)(?=号|栋|幢|单元|层)")
_ENTRANCE = re.compile(r"(\d{1,3})\s*单元.*$")
_DOOR = re.compile(r"(?<=号楼)[\s,-]*(?:\d{1,2}层.*|\d{3,4}\s*[室户房]?)$")
_REGIONS = re.compile(
    r"(?:[^\s\d]{2,8}?(?:省|市(?!场)|(?<![小社园校厂院])区|县|镇|乡|街道)\s*)+(?=[^\s\d]{2})"
)
_WORD = re.compile(r"\d+[^\W\d]{0,2}(?=\s|\d|$)|\d+号楼?|[^\W\d]+\d+(?=\s|$)|[^\W\d]+|\d+")


def read_address(written: str) -> tuple[str, int | None]:
    """Read an address as people write it: its text in the form of the register, and the entrance's number."""
    plain = unicodedata.normalize("NFKC", written).translate(_TRADITIONAL).strip()
    plain = _NUMERAL.sub(_digits, plain)
    entrance = _ENTRANCE.search(plain)
    address = re.sub(r"(?<=\d)\s*[栋幢]", "号楼", plain[: entrance.start()] if entrance else plain).strip()
    return _DOOR.sub("", address), int(entrance[1]) if entrance else None


def build_patterns(address: str) -> list[str]:
    """Build patterns of LIKE for the addresses that have all parts of one in their order, or all but one.

    The province, city, district and street that it may begin with are no parts: few registers have them.

    Returns
    -------
    list of str
        Empty where the parts are so few that leaving one out would find half of the city.
    """
    begins_at = regions.end() if (regions := _REGIONS.match(address)) else 0
    parts = [part for word in _WORD.findall(address, begins_at) for part in _halve(word)]
    if len(parts) < FEWEST_PARTS:
        return []
    kept = [parts, *(parts[:left_out] + parts[left_out + 1 :] for left_out in range(len(parts)))]
    found = [some for some in kept if max(map(len, some)) >= INDEXED]
    return [f"%{'%'.join(part.translate(_ESCAPED) for part in some)}%" for some in found]


def _halve(word: str) -> list[str]:
    if len(word) <= LONGEST_PART or any(letter.isdigit() for letter in word):
        return [word]
    middle = (len(word) + 1) // 2
    return [word[:middle], word[middle:]]


def _digits(numeral: re.Match[str]) -> str:
    tens, ten, ones = numeral.groups()
    if not ten:
        return "".join(str(_DIGITS[letter]) for letter in tens + ones)
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))
