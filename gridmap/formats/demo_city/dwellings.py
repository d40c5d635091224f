"""Storeys, flats and households of every building, and the outlines and doors that go with them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.formats.demo_city.buildings import Boxes, Integers, turn_back
from gridmap.formats.demo_city.ground import Numbers
from gridmap.formats.demo_city.layout import Geometries
from gridmap.formats.demo_city.parcels import LandUse
from gridmap.formats.demo_city.styles import STYLES

STYLE_NAMES = (*STYLES, "shop")
_BAY_M = 1.0


@dataclass
class Stock:
    """The buildings of a district, one row each.

    Attributes
    ----------
    style
        Position in `STYLE_NAMES`.
    flats
        Households a floor has at each entrance.
    first_floor
        Lowest floor with flats: 2 above shops, else 1.
    households
        entrances * flats * (storeys - first_floor + 1); 1 to 3 for a village house.
    """

    boxes: Boxes
    style: Integers
    storeys: Integers
    flats: Integers
    first_floor: Integers
    households: Integers

    def is_style(self, *styles: str) -> npt.NDArray[np.bool_]:
        """Tell which buildings are of one of the styles."""
        return np.isin(self.style, [STYLE_NAMES.index(style) for style in styles])


def build_stock(boxes: Boxes, land_use: LandUse, rng: np.random.Generator) -> Stock:
    """Give boxes storeys and flats, and keep in each parcel as many as its households need."""
    numbers = np.array([STYLE_NAMES.index(parcel.style) for parcel in land_use.parcels])
    style = np.where(boxes.parcel >= 0, numbers[boxes.parcel], STYLE_NAMES.index("shop"))
    targets = np.array([parcel.target for parcel in land_use.parcels])
    storeys, flats = _heights(boxes, style, len(targets), rng)
    capacity = np.bincount(boxes.parcel + 1, boxes.entrances * flats * storeys, len(targets) + 1)[1:]
    short = np.clip(targets / np.maximum(capacity, 1) - 1, 0, 1)[boxes.parcel]
    flats += (flats > 0) & (rng.random(len(flats)) < short * flats)
    slab = style == STYLE_NAMES.index("slab")
    first_floor = np.where(slab & (rng.random(len(style)) < 0.09), 2, 1)
    households = boxes.entrances * flats * (storeys - first_floor + 1)
    house = style == STYLE_NAMES.index("village")
    households[house] = rng.choice([1, 1, 1, 1, 2, 2, 3], int(house.sum()))
    flats[house] = households[house]
    stock = Stock(boxes, style, storeys, flats, first_floor, households)
    keep = _needed(stock, land_use, rng)
    return Stock(
        boxes.take(keep), *(column[keep] for column in (style, storeys, flats, first_floor, households))
    )


def _heights(
    boxes: Boxes, style: Integers, parcels: int, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """Draw storeys and flats a floor; most buildings of a parcel are alike."""
    storeys, flats = np.ones(len(style), dtype=np.int64), np.zeros(len(style), dtype=np.int64)
    storeys[:] = rng.choice([1, 2, 2, 2, 3], len(style))
    for number, name in enumerate(STYLE_NAMES[:-1]):
        which = np.flatnonzero(style == number)
        for column, options, alike in (
            (storeys, STYLES[name].storeys, 0.7),
            (flats, STYLES[name].flats, 0.8),
        ):
            usual, own = rng.choice(options, parcels), rng.choice(options, len(which))
            same = (rng.random(len(which)) < alike) & (name != "village")
            column[which] = np.where(same, usual[boxes.parcel[which]], own)
    return storeys, flats


def _needed(stock: Stock, land_use: LandUse, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Choose which buildings of each parcel are built: in a drawn order until its households are reached."""
    targets = np.array([parcel.target for parcel in land_use.parcels])
    parcel = stock.boxes.parcel
    order = np.lexsort([rng.random(len(parcel)), parcel])
    before = np.cumsum(stock.households[order]) - stock.households[order]
    starts = np.searchsorted(parcel[order], parcel[order])
    before -= before[starts]
    keep = np.ones(len(parcel), dtype=bool)
    own, wanted = stock.households[order], targets[parcel[order]]
    keep[order] = (before + own * 0.45 < wanted) & ((before + own < 1.3 * wanted) | (before == 0))
    return keep | (stock.households == 0)


def build_footprints(stock: Stock) -> Geometries:
    """Draw the outlines: stairwells stand out to the north, towers have a recess to the south."""
    boxes = stock.boxes
    shapes = np.empty(len(boxes.x), dtype=object)
    stairs = stock.is_style("slab", "yard", "garden", "resettled", "tower")
    recess = stock.is_style("tower", "resettled")
    for entrances in np.unique(boxes.entrances):
        for south in (False, True):
            which = np.flatnonzero(stairs & (boxes.entrances == entrances) & (recess == south))
            if len(which):
                shapes[which] = _with_stairs(boxes.take(which), int(entrances), south)
    plain = np.flatnonzero(~stairs)
    signs = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    chosen = boxes.take(plain)
    local = signs[None] * np.column_stack([chosen.length, chosen.depth])[:, None, :]
    wings = np.flatnonzero(stock.is_style("school", "hospital", "office")[plain])
    shapes[plain] = shapely.polygons(turn_back(local, chosen))
    shapes[plain[wings]] = _with_wing(chosen.take(wings))
    return shapes


def _with_stairs(boxes: Boxes, entrances: int, south: bool) -> Geometries:
    """Draw boxes of one number of entrances with a bay at each stairwell."""
    doors = (np.arange(entrances) + 0.5) / entrances - 0.5
    wide = 0.11 / entrances
    north = [(u + du * wide, 0.5, dv) for u in doors[::-1] for du, dv in ((1, 0), (1, 1), (-1, 1), (-1, 0))]
    notch = [(u + du * wide * 1.6, -0.5, dv) for u in doors for du, dv in ((-1, 0), (-1, 1), (1, 1), (1, 0))]
    path = [(-0.5, -0.5, 0), *(notch if south else []), (0.5, -0.5, 0), (0.5, 0.5, 0), *north, (-0.5, 0.5, 0)]
    u, v, out = (np.array(column, dtype=float)[None, :] for column in zip(*path, strict=True))
    bay = np.where(v > 0, _BAY_M, 2.4)
    local = np.stack([u * boxes.length[:, None], v * boxes.depth[:, None] + out * bay], axis=-1)
    return np.asarray(shapely.polygons(turn_back(local, boxes)))


def _with_wing(boxes: Boxes) -> Geometries:
    """Draw boxes as an L: a quarter is cut out of the north-east or north-west."""
    west = np.where(np.arange(len(boxes.x)) % 2 == 0, 1.0, -1.0)[:, None]
    u = np.array([[-0.5, 0.5, 0.5, 0.12, 0.12, -0.5]]) * west
    v = np.array([[-0.5, -0.5, 0.05, 0.05, 0.5, 0.5]])
    local = np.stack([u * boxes.length[:, None], v * boxes.depth[:, None]], axis=-1)
    return np.asarray(shapely.polygons(turn_back(local, boxes)))


def build_doors(stock: Stock) -> tuple[Integers, Integers, Numbers]:
    """Place the doors of all buildings that have flats on stairwells.

    Returns
    -------
    tuple
        Building row (n,), entrance number from 1 in the west (n,), place (n, 2) at the foot of the bay.
    """
    rows = np.flatnonzero(stock.is_style("slab", "yard", "garden", "resettled", "tower"))
    counts = stock.boxes.entrances[rows]
    building = np.repeat(rows, counts)
    number = np.arange(len(building)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    boxes = stock.boxes.take(building)
    along = ((number - 0.5) / boxes.entrances - 0.5) * boxes.length
    local = np.stack([along, boxes.depth / 2 + _BAY_M], axis=-1)[:, None, :]
    return building, number, turn_back(local, boxes)[:, 0, :]
