"""Numbers, codes, colours and words of micro-grids."""

from __future__ import annotations

import numpy as np

from gridmap.planning.codes import assign_codes, assign_colours, reading_order
from gridmap.planning.contents import describe_contents


def test_numbers_run_west_to_east_in_rows_from_the_north():
    # 2 | 0      upper row, west and east
    # 1 | 3      lower row
    x, y = np.array([9.0, 0.0, 1.0, 8.0]), np.array([10.0, 0.0, 9.0, 1.0])
    assert reading_order(x, y).tolist() == [2, 0, 1, 3]


def test_codes_have_two_digits_and_three_above_99():
    assert assign_codes("370614001001001", 2) == ["37061400100100101", "37061400100100102"]
    assert assign_codes("P", 100)[0] == "P001"


def test_neighbours_have_different_colours():
    side = 12
    index = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], axis=1),
            np.stack([index[:-1].ravel(), index[1:].ravel()], axis=1),
        ]
    )
    colour = assign_colours(side * side, pairs)
    assert (colour[pairs[:, 0]] != colour[pairs[:, 1]]).all()
    assert set(colour.tolist()) <= set(range(6))


def test_contents_read_as_people_say_them():
    rows = [
        ("1号楼", 0, 0, None, True),
        ("3号楼", 1, 1, 17, False),
        ("3号楼", 2, 0, None, False),
        ("4号楼", 1, 5, 5, False),
        ("5号楼", 2, 0, None, True),
        ("", 0, 0, None, False),
        ("", 0, 0, None, False),
    ]
    said = "1号楼、3号楼 1单元 1–17层、2单元、4号楼 1单元 5层、5号楼 2段*、无名楼2处"
    assert describe_contents(rows) == said
