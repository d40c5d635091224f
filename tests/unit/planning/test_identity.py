"""Codes that outlive a re-run, on one parent "G" of four buildings drawn by hand.

published   01 = b1 (40) + b2 (30)     02 = b3 (60)     (03 was published once and retired)
"""

import geopandas as gpd
import pandas as pd

from gridmap.planning.identity import keep_codes

PUBLISHED = [("G01", 1, None, 1, 6, 40), ("G01", 2, None, 1, 6, 30), ("G02", 3, None, 1, 6, 60)]
USED = ["G01", "G02", "G03"]


def atoms(*rows: tuple[int, int, int | None, int, int, int]) -> pd.DataFrame:
    """Rows of (micro_grid, building_id, entrance_number, floor_from, floor_to, households)."""
    columns = ["micro_grid", "building_id", "entrance_number", "floor_from", "floor_to", "households"]
    return pd.DataFrame(rows, columns=columns).astype({"entrance_number": "Int64"}).assign(parent_id=7)


def codes(assignments: pd.DataFrame, published: list[tuple], used: list[str]) -> list[str]:
    columns = ["code", "building_id", "entrance_number", "floor_from", "floor_to", "households"]
    previous = pd.DataFrame(published, columns=columns).astype({"entrance_number": "Int64"}).assign(grid_id=7)
    count = assignments["micro_grid"].nunique()
    fresh = [f"G{number:02d}" for number in range(1, count + 1)]
    grids = gpd.GeoDataFrame({"number": range(count), "parent_id": 7, "code": fresh, "locked": False})
    return keep_codes(grids, assignments, previous, used)["code"].tolist()


def test_a_first_publication_keeps_the_fresh_numbers():
    assert codes(atoms((0, 1, None, 1, 6, 40), (1, 3, None, 1, 6, 60)), [], []) == ["G01", "G02"]


def test_the_part_with_more_than_half_of_the_households_keeps_the_code():
    # 01 is split: b1 (40 of 70) keeps it, b2 (30 of 70) takes the next number never used.
    split = atoms((0, 2, None, 1, 6, 30), (1, 1, None, 1, 6, 40), (2, 3, None, 1, 6, 60))
    assert codes(split, PUBLISHED, USED) == ["G04", "G01", "G02"]


def test_a_merge_keeps_the_larger_ones_code():
    merged = atoms((0, 1, None, 1, 6, 40), (0, 2, None, 1, 6, 30), (0, 3, None, 1, 6, 60))
    assert codes(merged, PUBLISHED, USED) == ["G01"]


def test_exactly_half_is_not_more_than_half():
    halves = atoms((0, 3, 1, 1, 6, 30), (1, 3, 2, 1, 6, 30), (2, 1, None, 1, 6, 40), (2, 2, None, 1, 6, 30))
    assert codes(halves, PUBLISHED, USED) == ["G04", "G05", "G01"]


def test_bands_of_floors_share_what_their_floors_share():
    # A tower of 10 floors with 10 households each, published as 1-6 (60) and 7-10 (40), is redrawn as
    # 1-5 and 6-10: 1-5 keeps 50 of the 60, 6-10 keeps all 40.
    published = [("G01", 9, 1, 1, 6, 60), ("G02", 9, 1, 7, 10, 40)]
    redrawn = atoms((0, 9, 1, 6, 10, 50), (1, 9, 1, 1, 5, 50))
    assert codes(redrawn, published, ["G01", "G02"]) == ["G02", "G01"]


def test_a_locked_micro_grid_keeps_its_code_and_nobody_else_gets_it():
    # all of 01's buildings went over to the second one, but the first is locked under that code
    assignments = atoms((0, 4, None, 1, 6, 55), (1, 1, None, 1, 6, 40), (1, 2, None, 1, 6, 30))
    columns = ["code", "building_id", "entrance_number", "floor_from", "floor_to", "households"]
    previous = pd.DataFrame(PUBLISHED, columns=columns).astype({"entrance_number": "Int64"}).assign(grid_id=7)
    grids = gpd.GeoDataFrame(
        {"number": [0, 1], "parent_id": 7, "code": ["G01", "G02"], "locked": [True, False]}
    )
    assert keep_codes(grids, assignments, previous, USED)["code"].tolist() == ["G01", "G04"]
