"""What a micro-grid holds, as people say it: ``3号楼 1单元 1–17层``."""

from __future__ import annotations

from collections.abc import Iterable


def describe_contents(rows: Iterable[tuple[str, int, int, int | None, bool]]) -> str:
    """Write the contents of a micro-grid compactly in Chinese.

    Parameters
    ----------
    rows
        (building name, entrance number or 0, first floor or 0, last floor or None, whether entrances are only
        assumed) per atom, in order; residential atoms only. An assumed entrance is called a section (段),
        counted from the west or north. Buildings without a name are counted at the end.
    """
    whole: list[str] = []
    parts: dict[str, list[str]] = {}
    nameless = 0
    for name, entrance, low, high, is_assumed in rows:
        if not name:
            nameless += 1
        elif not entrance:
            whole.append(name)
        else:
            floors = "" if not low else f" {low}层" if low == high else f" {low}–{high}层"
            parts.setdefault(name, []).append(f"{entrance}{'段*' if is_assumed else '单元'}{floors}")
    said = whole + [f"{name} {'、'.join(entrances)}" for name, entrances in parts.items()]
    if nameless:
        said.append(f"无名楼{nameless}处")
    return "、".join(said)
