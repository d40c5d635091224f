"""Laws of redrawing, on generated parents and random operations."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.errors import BadInput, Conflict
from gridmap.planning import redraw, redraw_locks
from gridmap.planning.atoms import households_of
from gridmap.planning.codes import assign_codes
from gridmap.planning.inputs import read_source
from gridmap.planning.plan import ground_of, plan_parent
from gridmap.planning.redraw_balance import fill
from gridmap.planning.redraw_division import build_division, division_of_plan, draw_all
from gridmap.planning.redraw_operations import apply, holdings_of
from gridmap.planning.rules import PlanRules
from tests.property.test_planning_laws import SHAPES, building_rows, make_frames

RULES = PlanRules(trees=4, rounds=1, tries=1)
SETTINGS = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
KINDS = (
    "move", "move", "move out", "new", "merge", "cut", "push area", "push path", "break", "break floors",
    "heal", "swap", "fill", "rebalance", "lock", "unlock", "lock building",
    "unlock buildings", "edge", "undo",
)  # fmt: skip


def make_division(shape, rows):
    parents, buildings, barriers = make_frames(SHAPES[shape], rows)
    source = read_source(parents, buildings, None, barriers, RULES)
    ground, plan = ground_of(source, 0, RULES), plan_parent(source, 0, RULES, 0)
    codes = assign_codes(plan.parent_code, len(plan.polygons))
    division = division_of_plan(ground, plan, RULES, codes)
    assert bytes_of(ground.frame.to_degrees(division.polygons[1:])) == bytes_of(plan.polygons)
    return division


def bytes_of(polygons):
    return shapely.to_wkb(polygons).tolist()


def ask(division, kind, dice, done):
    """Make one operation of a kind with what the dice say."""

    def pick(values):
        return values[dice.randrange(len(values))]

    keys, codes, buildings = division.keys, division.codes, division.ground.buildings
    frame = division.ground.frame

    def spot():
        x, y = pick(division.points)
        x, y = x + dice.uniform(-20, 20), y + dice.uniform(-20, 20)
        return [x / frame.x_m + frame.lon, y / frame.y_m + frame.lat]

    some = {pick(keys) for _ in range(dice.randint(1, 4))}
    building = pick(buildings)
    entrance = pick(building.entrances)
    made = {
        "move": lambda: redraw.move(division, some, pick(codes)),
        "move out": lambda: redraw.move(division, some, None),
        "new": lambda: redraw.new(division, some),
        "merge": lambda: redraw.merge(division, [pick(codes), pick(codes)]),
        "cut": lambda: redraw.cut_by_line(division, [pick(codes), pick(codes)], [spot(), spot(), spot()]),
        "push area": lambda: redraw.push_boundary(division, pick(codes), [spot(), spot(), spot(), spot()]),
        "push path": lambda: redraw.push_boundary(
            division, pick(codes), [spot(), spot()], is_area=False, take_from=[pick(codes), None]
        ),
        "break": lambda: redraw.break_building(division, building.id),
        "break floors": lambda: redraw.break_building(
            division, building.id, entrance=entrance.number,
            floors=[dice.randint(2, 1 + entrance.storeys)] if dice.random() < 0.8 else None,
        ),
        "heal": lambda: redraw.heal_building(division, building.id),
        "swap": lambda: redraw.swap(division, [pick(keys)], [pick(keys)]),
        "fill": lambda: redraw.fill_unassigned(division),
        "rebalance": lambda: redraw.rebalance(division, {pick(codes) for _ in range(3)}),
        "lock": lambda: redraw_locks.lock(division, [pick(codes)]),
        "unlock": lambda: redraw_locks.unlock(division, sorted(division.locked)),
        "lock building": lambda: redraw_locks.lock_buildings(division, [building.id]),
        "unlock buildings": lambda: redraw_locks.unlock_buildings(division, division.locked_buildings),
        "edge": lambda: redraw.edit_edge(
            division, f"b{building.id}", f"b{pick(buildings).id}", is_added=dice.random() < 0.5
        ),
        "undo": lambda: apply(division, done[-1].inverse),
    }  # fmt: skip
    try:
        return made[kind]()
    except (BadInput, Conflict, IndexError):
        return None


def refuse_wrong_counts(division):
    total = sum(building.households for building in division.ground.buildings)
    assert division.households.sum() == total
    assert len(set(division.keys)) == len(division.keys)
    for building, parts in zip(division.ground.buildings, division.parts, strict=True):
        assert sum(households_of(building, part) for part in parts) == building.households


def refuse_wrong_ground(division):
    """The polygons tile the parent; a footprint lies in the polygons of those who stand on its ground."""
    polygons, outline = division.polygons, division.ground.outline
    there = polygons[~shapely.is_missing(polygons)]
    assert shapely.is_valid(there).all()
    assert shapely.coverage_is_valid(there)
    assert shapely.area(there).sum() == pytest.approx(shapely.area(outline), rel=1e-6)
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(there), outline)) < 0.02
    footprints = division.ground.footprints
    for b, footprint in enumerate(footprints):
        on_ground = np.flatnonzero((division.atoms.building == b) & division.atoms.on_ground)
        own = polygons[np.unique(division.labels[on_ground] + 1)]
        others = np.delete(footprints, b)
        rest = shapely.difference(shapely.intersection(footprint, outline), shapely.union_all(own))
        assert shapely.area(shapely.difference(rest, shapely.union_all(others))) < 0.01


@SETTINGS
@given(
    shape=st.sampled_from(sorted(SHAPES)),
    rows=building_rows(),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=12),
    dice=st.randoms(use_true_random=False),
)
def test_redrawing_keeps_the_laws_and_can_be_undone(shape, rows, kinds, dice):
    start = division = make_division(shape, rows)
    done = []
    for kind in kinds:
        change = ask(division, kind, dice, done)
        if change is None:
            continue
        after = change.division
        assert change.operation == json.loads(json.dumps(change.operation))
        refuse_wrong_counts(after)
        refuse_wrong_ground(after)
        assert bytes_of(after.polygons) == bytes_of(draw_all(after))
        for code in division.locked - {c for _, c in change.operation["locks"]}:
            assert held_by(after, code) == held_by(division, code)
        for id_ in division.locked_buildings - {i for _, i in change.operation["buildings"]}:
            b = division.row_of_building[id_]
            assert holdings_of(after, b) == holdings_of(division, b)
        back = apply(after, json.loads(json.dumps(change.inverse)))
        assert back.division.digest() == division.digest()
        assert bytes_of(back.division.polygons) == bytes_of(division.polygons)
        assert back.inverse == change.operation
        if kind == "undo":
            done.pop()
        else:
            done.append(change)
        division = after
    for change in reversed(done):
        division = apply(division, change.inverse).division
    assert division.digest() == start.digest()
    assert bytes_of(division.polygons) == bytes_of(start.polygons)


def held_by(division, code):
    label = division.codes.index(code)
    return [key for key, own in zip(division.keys, division.labels, strict=True) if own == label]


@settings(SETTINGS, max_examples=15)
@given(shape=st.sampled_from(sorted(SHAPES)), rows=building_rows(), dice=st.randoms(use_true_random=False))
def test_a_division_survives_the_journey_through_its_rows(shape, rows, dice):
    division = make_division(shape, rows)
    for kind in ("break floors", "move", "lock", "lock building", "edge"):
        change = ask(division, kind, dice, [])
        division = division if change is None else change.division
    again = build_division(
        division.ground, RULES, division.assignments(), codes=division.codes, locked=division.locked,
        locked_buildings=division.locked_buildings, edges=division.edges,
    )  # fmt: skip
    assert again.digest() == division.digest()
    assert bytes_of(again.polygons) == bytes_of(division.polygons)


@settings(SETTINGS, max_examples=15)
@given(shape=st.sampled_from(sorted(SHAPES)), rows=building_rows(), dice=st.randoms(use_true_random=False))
def test_filling_takes_the_cheapest_step_as_long_as_there_is_one(shape, rows, dice):
    division = make_division(shape, rows)
    for kind in ("break floors", "lock", "lock building"):
        change = ask(division, kind, dice, [])
        division = division if change is None else change.division
    is_out = np.array([dice.random() < 0.7 for _ in division.keys]) & ~division.is_fixed
    division = replace(division, labels=np.where(is_out, -1, division.labels))
    filled = fill(division)
    step = cheapest_step(division)
    if step is None:
        assert (filled == division.labels).all()
        return
    labels = division.labels.copy()
    labels[step[2]] = step[3]
    assert (filled == fill(replace(division, labels=labels))).all()
    assert cheapest_step(replace(division, labels=filled)) is None


def cheapest_step(division):
    """The least (barrier, -border, atom, label) of all that may be done; None if nothing may."""
    graph, labels, room = division.graph, division.labels, RULES.households_max - division.households[1:]
    is_open = [code not in division.locked for code in division.codes]
    edges = defaultdict(list)
    for e, ends in enumerate(graph.ends.tolist()):
        for atom, other in (ends, ends[::-1]):
            label = int(labels[other])
            if labels[atom] < 0 <= label and is_open[label] and graph.households[atom] <= room[label]:
                edges[atom, label].append(e)
    steps = (
        (float(graph.barrier[own].min()), -float(graph.border_m[own].sum()), *step)
        for step, own in edges.items()
        if not division.is_fixed[step[0]]
    )
    return min(steps, default=None)
