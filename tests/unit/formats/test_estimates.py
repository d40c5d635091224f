"""How many entrances a building is taken to have where nobody counted them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.formats.estimates import complete_entrances, long_side_m
from gridmap.formats.layers import layer_of
from tests.town import to_degrees

#  name: (width in metres, households, storeys, entrances in the file)
BLOCKS = {
    "landing of 8": (60, 48, 6, None),
    "landing of 9": (60, 54, 6, None),  # 9 homes a floor: 2 stairwells
    "long slab": (60, 120, 6, 0),  # 20 homes a floor: 3
    "no room": (12, 600, 20, None),  # 30 homes a floor would take 4; 12 m have room for 2
    "kiosk": (3, 90, 1, None),  # no room for even one, but a building has a door
    "huge": (400, 4900, 1, None),  # 613 stairwells wanted, room for 80, at most 60
    "empty": (60, 0, 6, None),
    "told": (60, 96, 6, 1),  # 16 at the landing: the file knows better
    "street door": (60, 120, 6, 1),  # 20 at one landing: a door to the street, not a stairwell
}


def blocks() -> gpd.GeoDataFrame:
    width, households, storeys, entrances = zip(*BLOCKS.values(), strict=True)
    # The centimetre keeps a side of 60 m from being 59.999 m after the way to degrees and back.
    boxes = np.array([shapely.box(0, 0, w + 0.01, min(w, 12)) for w in width], dtype=object)
    columns = {"id": list(BLOCKS), "households": households, "storeys": storeys}
    counts = pd.array(entrances, dtype="Int64")
    return gpd.GeoDataFrame({**columns, "entrance_count": counts}, geometry=to_degrees(boxes), crs=4326)


EXPECTED = {
    "landing of 8": (1, True), "landing of 9": (2, True), "long slab": (3, True), "no room": (2, True),
    "kiosk": (1, True), "huge": (60, True), "empty": (1, True), "told": (1, False),
    "street door": (3, True),
}  # fmt: skip


def said(frame: pd.DataFrame) -> dict[str, tuple[int, bool]]:
    counts = zip(frame["entrance_count"].tolist(), frame["entrances_estimated"].tolist(), strict=True)
    return dict(zip(frame["id"], counts, strict=True))


def test_a_stairwell_serves_eight_homes_a_floor_and_needs_five_metres() -> None:
    frame = blocks()
    before = frame.copy(deep=True)
    assert said(complete_entrances(frame)) == EXPECTED
    pd.testing.assert_frame_equal(frame, before)


def test_a_loaded_file_gets_the_same_estimates() -> None:
    assert said(layer_of("buildings", pd.DataFrame(blocks())).rows) == EXPECTED


def test_a_file_without_rows_or_with_a_row_without_shape_is_no_stumbling_block() -> None:
    assert said(complete_entrances(blocks().iloc[:0])) == {}
    shapeless = blocks().iloc[[2]].set_geometry(gpd.GeoSeries([None], index=[2], crs=4326))
    assert said(complete_entrances(shapeless)) == {"long slab": (1, True)}


@pytest.mark.parametrize("turned", [0, 30, 90])
def test_the_long_side_is_measured_along_the_building(turned: int) -> None:
    slab = shapely.affinity.rotate(shapely.box(0, 0, 50, 10), turned)
    shapes = to_degrees(np.array([slab, shapely.MultiPolygon([slab]), None], dtype=object))
    # The town's metre is good to 1 in 1,000.
    assert long_side_m(shapes) == pytest.approx([50, 50, 0], rel=0.003)
