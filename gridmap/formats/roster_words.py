"""How a roster may say its words: kinds, weekdays, times of day, holidays, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from types import MappingProxyType


def _spelt(words: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({said: word for word, spelt in words.items() for said in (word, *spelt.split())})


KINDS = _spelt(
    {
        "single": "singles 单班 单次 单次班",
        "weekly": "week 周班 每周",
        "exception": "exceptions 例外 调整",
        "calendar": "日历 节假日 calendar_days",
    }
)
NOTES = frozenset({"说明", "填写说明", "notes", "readme", "help"})
"""Sheets with these names are for readers."""
ON_HOLIDAYS = _spelt(
    {"rests": "rest off no 休息 不上班", "works": "work yes 上班 照常", "only": "仅节假日 只在节假日"}
)
TYPES_OF_DAY = _spelt(
    {
        "holiday": "off 节假日 放假 休",
        "workday": "work 调休上班 上班 班",
        "ordinary": "none 平日 取消",
    }
)

_NAMED = {
    "mon": 1,
    "monday": 1,
    "tue": 2,
    "tues": 2,
    "tuesday": 2,
    "wed": 3,
    "wednesday": 3,
    "thu": 4,
    "thur": 4,
    "thurs": 4,
    "thursday": 4,
    "fri": 5,
    "friday": 5,
    "sat": 6,
    "saturday": 6,
    "sun": 7,
    "sunday": 7,
    **{str(number): number for number in range(1, 8)},
    **{
        prefix + sign: number
        for prefix in ("周", "星期", "礼拜", "")
        for number, sign in [*enumerate("一二三四五六日", 1), (7, "天")]
    },
}
_GROUPS = {
    "workdays": (1, 2, 3, 4, 5),
    "weekdays": (1, 2, 3, 4, 5),
    "工作日": (1, 2, 3, 4, 5),
    "weekend": (6, 7),
    "周末": (6, 7),
    "daily": (1, 2, 3, 4, 5, 6, 7),
    "every day": (1, 2, 3, 4, 5, 6, 7),
    "每天": (1, 2, 3, 4, 5, 6, 7),
}
_BETWEEN = re.compile(r"[,，、;；/\s]+")
_UNTIL = re.compile(r"[-–—~～至到]")
_RUN = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天]{2,7})")
_CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})(?::00(?:\.0+)?)?")


def read_weekdays(text: str) -> tuple[tuple[int, ...], str]:
    """Read weekdays: ``周一至周五``, ``星期六 星期日``, ``周一三五``, ``Mon-Fri``, ``Sat, Sun``, ``每天``.

    Returns
    -------
    tuple
        The weekdays in ascending order (1 = Monday), and the first word that is none ("" = all are).
    """
    lower = " ".join(text.lower().split())
    if lower in _GROUPS:
        return _GROUPS[lower], ""
    found: set[int] = set()
    for word in filter(None, _BETWEEN.split(re.sub(r"\s*([-–—~～至到])\s*", r"\1", lower))):
        days = _read_word(word)
        if not days:
            return (), word
        found.update(days)
    return tuple(sorted(found)), ""


def _read_word(word: str) -> tuple[int, ...]:
    if word in _GROUPS:
        return _GROUPS[word]
    if run := _RUN.fullmatch(word):
        return tuple(_NAMED[sign] for sign in run[1])
    ends = [_NAMED.get(part.rstrip(".")) for part in _UNTIL.split(word)]
    if len(ends) == 1 and ends[0]:
        return (ends[0],)
    if len(ends) == 2 and ends[0] and ends[1]:
        first, last = ends[0], ends[1]
        return tuple((day - 1) % 7 + 1 for day in range(first, last + 1 + 7 * (last < first)))
    return ()


def read_time(text: str) -> time | None:
    """Read a time of day to the minute: ``08:30``, ``8：30``, ``24:00`` (midnight); None = it is none."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    if (hour, minute) == (24, 0):
        return time(0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def read_day(text: str) -> date | None:
    """Read a day: ``2026-12-01``, ``2026/12/1``, ``2026年12月1日``; None = it is none."""
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00)?)?", text.strip())
    if found is None:
        return None
    try:
        day = datetime(int(found[1]), int(found[2]), int(found[3])).date()  # noqa: DTZ001 - a day has no zone
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2200 else None
