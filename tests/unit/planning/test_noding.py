"""Noding: lines are cut where they meet, and stay exactly where the first of them runs."""

from __future__ import annotations

import numpy as np
import shapely

from gridmap.planning.noding import node_lines

SNAP = 1e-4


def node(lines, rank, spacing=0.0):
    coords, line = shapely.get_coordinates(np.array(lines, dtype=object), return_index=True)
    return node_lines(coords, line, np.full(len(lines), spacing), np.array(rank), SNAP)


def pieces_of(noded, line):
    return noded.xy[noded.segments[noded.line == line]].round(6).tolist()


def test_crossing_lines_share_the_point_they_cross_in():
    noded = node([shapely.LineString([(0, 0), (4, 4)]), shapely.LineString([(0, 4), (4, 0)])], [0, 1])
    assert pieces_of(noded, 0) == [[[0, 0], [2, 2]], [[2, 2], [4, 4]]]
    assert pieces_of(noded, 1) == [[[0, 4], [2, 2]], [[2, 2], [4, 0]]]
    assert len(noded.grid) == 5


def test_a_line_ending_on_another_cuts_it():
    noded = node([shapely.LineString([(0, 0), (9, 3)]), shapely.LineString([(3, 1), (3, 7)])], [0, 1])
    assert pieces_of(noded, 0) == [[[0, 0], [3, 1]], [[3, 1], [9, 3]]]


def test_lines_on_top_of_each_other_have_the_same_points():
    noded = node([shapely.LineString([(0, 0), (9, 3)]), shapely.LineString([(3, 1), (6, 2)])], [0, 1])
    assert pieces_of(noded, 0) == [[[0, 0], [3, 1]], [[3, 1], [6, 2]], [[6, 2], [9, 3]]]
    assert pieces_of(noded, 1) == [[[3, 1], [6, 2]]]


def test_a_long_line_is_cut_into_even_pieces():
    noded = node([shapely.LineString([(0, 0), (0, 10)])], [0], spacing=4.0)
    assert (
        pieces_of(noded, 0)
        == np.array([[[0, 0], [0, 10 / 3]], [[0, 10 / 3], [0, 20 / 3]], [[0, 20 / 3], [0, 10]]])
        .round(6)
        .tolist()
    )


def test_points_of_the_first_class_stay_on_its_line_and_others_come_to_it():
    # the wall ends 0.01 mm short of the outline: it is taken to end on it, and the outline does not bend
    outline = shapely.LineString([(0, 0), (70, 30)])
    wall = shapely.LineString([(35 - 4e-6, 15 + 9e-6), (20, 40)])
    noded = node([wall, outline], [1, 0], spacing=3.0)
    on = np.unique(noded.segments[noded.line == 1])
    assert shapely.distance(outline, shapely.points(noded.xy[on])).max() < 1e-12
    assert np.abs(noded.xy - noded.grid * SNAP).max() <= SNAP
    assert len(set(noded.segments[noded.line == 0].ravel()) & set(on)) == 1


def test_many_random_lines_meet_in_points_only():
    rng = np.random.default_rng(3)
    ends = rng.integers(0, 60, (80, 2, 2)) + rng.random((80, 2, 2)) * 1e-3
    noded = node([shapely.LineString(e) for e in ends], np.arange(80) % 4, spacing=7.0)
    straight = np.unique(np.sort(noded.segments, axis=1), axis=0)
    pieces = shapely.linestrings(noded.grid[straight].astype(float))
    first, _ = shapely.STRtree(pieces).query(pieces, predicate="crosses")
    assert len(first) == 0
    touching = shapely.STRtree(pieces).query(shapely.points(noded.grid.astype(float)), predicate="intersects")
    inside = [p for p, s in touching.T if p not in straight[s]]
    assert inside == []
