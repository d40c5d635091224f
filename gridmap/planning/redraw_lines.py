"""Lines people draw over a division: they only choose atoms, never become a border."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridmap.errors import BadInput
from gridmap.planning.redraw_division import Division

Lonlat = Sequence[Sequence[float]]
FAR_M = 1e6


def line_in_metres(division: Division, line: Lonlat) -> np.ndarray:
    """Return the points of a line (m) without repetitions; raises BadInput unless there are two."""
    frame = division.ground.frame
    points = np.array(line, float).reshape(-1, 2) if len(line) else np.empty((0, 2))
    points = (points - (frame.lon, frame.lat)) * (frame.x_m, frame.y_m)
    points = points[np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))] if len(points) else points
    if len(points) < 2 or not np.isfinite(points).all():
        raise BadInput("redraw_no_line")
    return points


def left_of(line: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Tell which points lie to the left of a line that goes straight on beyond its ends."""
    start, end = line[0] - line[1], line[-1] - line[-2]
    line = np.concatenate([
        [line[0] + start / np.hypot(*start) * FAR_M], line, [line[-1] + end / np.hypot(*end) * FAR_M]
    ])  # fmt: skip
    a, d = line[:-1], np.diff(line, axis=0)
    d_unit = d / np.hypot(d[:, 0], d[:, 1])[:, None]
    away = points[:, None, :] - a[None]
    t = np.clip((away * d).sum(axis=2) / (d**2).sum(axis=1), 0.0, 1.0)
    gap = away - t[:, :, None] * d
    nearest = (gap**2).sum(axis=2).argmin(axis=1)
    rows = np.arange(len(points))
    at = t[rows, nearest]
    # nearest to a bend: the two stretches that meet there decide together
    before = np.clip(np.where(at == 0, nearest - 1, nearest), 0, len(d) - 1)
    after = np.clip(np.where(at == 1, nearest + 1, nearest), 0, len(d) - 1)
    way = d_unit[before] + d_unit[after]
    off = gap[rows, nearest]
    return np.asarray(way[:, 0] * off[:, 1] - way[:, 1] * off[:, 0] >= 0)
