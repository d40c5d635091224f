"""The mesh: it covers its frame exactly and holds every constraint."""

from __future__ import annotations

import numpy as np

from gridmap.planning.triangulation import triangulate

FRAME = np.array([(-100, -100), (100, -100), (100, 100), (-100, 100)])


def edges_of(corners):
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    return {tuple(sorted(p)) for p in pairs.tolist()}


def doubled_areas(points, corners):
    a, b, c = (points[corners[:, i]] for i in range(3))
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def test_a_regular_lattice_with_all_its_ties_is_covered_exactly():
    lattice = np.array([(x, y) for x in range(-80, 81, 20) for y in range(-80, 81, 20)])
    points = np.concatenate([FRAME, lattice])
    mesh = triangulate(points, np.empty((0, 2), np.int64))
    areas = doubled_areas(points, mesh.corners)
    assert (areas > 0).all()
    assert areas.sum() == 2 * 200 * 200
    assert len(mesh.corners) == 2 * len(points) - 6


def test_a_long_constraint_through_many_triangles_becomes_an_edge():
    rng = np.random.default_rng(5)
    cloud = np.unique(rng.integers(-70, 70, (150, 2)), axis=0)
    cloud = cloud[cloud[:, 1] != 3]
    points = np.concatenate([FRAME, [(-90, 3), (90, 3)], cloud])
    mesh = triangulate(points, np.array([[4, 5]]))
    assert (4, 5) in edges_of(mesh.corners)
    assert doubled_areas(points, mesh.corners).sum() == 2 * 200 * 200


def test_a_constraint_over_points_on_it_is_laid_from_point_to_point():
    points = np.concatenate([FRAME, [(-50, 0), (50, 0), (0, 0), (0, 40), (0, -40)]])
    edges = edges_of(triangulate(points, np.array([[4, 5]])).corners)
    assert {(4, 6), (5, 6)} <= edges
