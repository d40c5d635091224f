"""A division as the editor reads it: plain values, longitudes and latitudes with 7 decimals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.models import Area, Plan
from gridmap.planning.redraw_report import states_of
from gridmap.services.division_rows import broken_in, describe_drawn, findings_of
from gridmap.services.places import DECIMALS
from gridmap.services.postings import today

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridmap.planning.redraw_division import Division
    from gridmap.services.divisions import Opened
    from gridmap.services.rows import AnyRow

NO_BUILDINGS: dict[str, Any] = dict.fromkeys(("buildings", "broken", "atoms", "edges", "micro_grids"), ())


def describe_opened(session: Session, plan: Plan, opened: Sequence[Opened]) -> list[dict[str, Any]]:
    """Describe grids of a plan whole, by two queries: land, buildings, atoms, neighbours, micro-grids."""
    ids = [one.grid.id for one in opened]
    outlines = {row.id: row for row in session.execute(sql("division_grids"), {"grid_ids": ids})}
    stored = _find_stored(session, plan, ids)
    return [
        {
            "grid": {
                "code": one.grid.code,
                "name": one.grid.name,
                "geometry": outlines[one.grid.id].geometry,
                "bounds": outlines[one.grid.id].bounds,
            },
            "sequence": one.sequence,
            **(NO_BUILDINGS if one.division is None else _describe_division(one.division, stored)),
        }
        for one in opened
    ]


def _describe_division(division: Division, stored: Mapping[str, AnyRow]) -> dict[str, Any]:
    return {
        "buildings": describe_buildings(division),
        "broken": describe_broken(division),
        "atoms": describe_atoms(division),
        "edges": describe_edges(division),
        "micro_grids": _with_stored(drawn_micro_grids(division, codes_with_atoms(division)), stored),
    }


def describe_buildings(division: Division) -> list[dict[str, Any]]:
    """Describe buildings with their entrances, in order."""
    ground = division.ground
    footprints = ground.frame.to_degrees(ground.pieces.footprints)
    shapes = _as_geojson(footprints)
    middles = shapely.get_coordinates(shapely.point_on_surface(footprints)).round(DECIMALS).tolist()
    return [
        {
            "id": building.id,
            "name": building.name,
            "households": building.households,
            "estimated": building.is_estimate,
            "has_sections": building.has_sections,
            "locked": building.id in division.locked_buildings,
            "entrances": [
                {"number": e.number, "households": e.households, "storeys": e.storeys}
                for e in building.entrances
            ],
            "geometry": shape,
            "lon": lon,
            "lat": lat,
        }
        for building, shape, (lon, lat) in zip(ground.buildings, shapes, middles, strict=True)
    ]


def describe_atoms(division: Division) -> list[dict[str, Any]]:
    """Describe atoms in the order the edges count them."""
    atoms, buildings = division.atoms, division.ground.buildings
    places = _to_degrees(division)
    columns = (atoms.building, atoms.entrance, atoms.low, atoms.high, division.graph.households)
    rows = zip(division.keys, *(c.tolist() for c in columns), division.labels.tolist(), places, strict=True)
    return [
        {
            "key": key,
            "building_id": buildings[b].id,
            "entrance": entrance,
            "floor_from": low,
            "floor_to": high,
            "households": households,
            "estimated": buildings[b].is_estimate,
            "code": division.code_of(label),
            "lon": lon,
            "lat": lat,
        }
        for key, b, entrance, low, high, households, label, (lon, lat) in rows
    ]


def describe_broken(division: Division) -> list[dict[str, Any]]:
    """List the small buildings that lie in several micro-grids."""
    return [details for _, details in broken_in(division)]


def describe_edges(division: Division) -> list[list[Any]]:
    """List edges as [row of an atom, row of another, shared metres, barrier between or None]."""
    graph, names = division.graph, division.ground.barrier_names
    rows = zip(graph.ends.tolist(), graph.border_m.round(1).tolist(), graph.crosses.tolist(), strict=True)
    return [[a, b, metres, names[crossed] if crossed >= 0 else None] for (a, b), metres, crossed in rows]


def describe_micro_grids(
    session: Session, plan: Plan, grid: Area, division: Division, codes: Iterable[str]
) -> list[dict[str, Any]]:
    """Describe micro-grids that have atoms, as they stand in the tables and on the graph."""
    return _with_stored(drawn_micro_grids(division, codes), _find_stored(session, plan, [grid.id]))


def _find_stored(session: Session, plan: Plan, grid_ids: list[int]) -> dict[str, AnyRow]:
    """Find what only the tables know of micro-grids, by code."""
    asked = {"plan_id": plan.id, "grid_ids": grid_ids, "on_day": today()}
    return {row.code: row for row in session.execute(sql("division_micro_grids"), asked)}


def _with_stored(drawn: list[dict[str, Any]], stored: Mapping[str, AnyRow]) -> list[dict[str, Any]]:
    known = ((row, stored.get(row["code"])) for row in drawn)
    return [
        row | {"colour": own.colour if own else 0, "staff": own.staff if own else []} for row, own in known
    ]


def drawn_micro_grids(division: Division, codes: Iterable[str]) -> list[dict[str, Any]]:
    """Describe micro-grids that have atoms by the division alone."""
    drawn = describe_drawn(division, codes)
    states = states_of(division, list(drawn))
    frame = division.ground.frame
    out = []
    for code, one in drawn.items():
        shape = None if one.polygon is None else _as_geojson(np.array([frame.to_degrees(one.polygon)]))[0]
        lon, lat = shapely.get_coordinates(frame.to_degrees(one.point))[0].round(DECIMALS).tolist()
        out.append(
            {
                "code": code,
                "households": one.households,
                "households_estimated": one.households_estimated,
                "status": one.status,
                "locked": code in division.locked,
                "stacked": one.stacked,
                "contents": one.contents,
                "pieces": states[code]["pieces"],
                "findings": [kind for kind, _ in findings_of(states[code])],
                "geometry": shape,
                "lon": lon,
                "lat": lat,
            }
        )
    return out


def codes_with_atoms(division: Division) -> list[str]:
    """List the codes that hold anything."""
    return [division.codes[label] for label in np.unique(division.labels).tolist() if label >= 0]


def _to_degrees(division: Division) -> list[list[float]]:
    frame = division.ground.frame
    degrees = division.points / (frame.x_m, frame.y_m) + (frame.lon, frame.lat)
    places: list[list[float]] = degrees.round(DECIMALS).tolist()
    return places


def _as_geojson(shapes: np.ndarray) -> list[Any]:
    rounded = shapely.transform(shapes, lambda degrees: np.round(degrees, DECIMALS))
    return [json.loads(text) for text in shapely.to_geojson(rounded)]
