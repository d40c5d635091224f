"""The drawing of a building: every floor of every entrance stands in one block.

floor  1单元  2单元
  4      A      B
  3      A      B
  2      C      B
  1      C      -
"""

from types import SimpleNamespace

from gridmap.web.field import Block, build_stack, sum_households


def part(code: str, entrance: int | None = None, low: int | None = None, high: int | None = None):
    return SimpleNamespace(code=code, entrance_number=entrance, floor_from=low, floor_to=high)


def test_floors_that_hang_together_are_one_block():
    columns = build_stack(4, 2, [part("A", 1, 3, 4), part("C", 1, 1, 2), part("B", 2, 2, None)])
    assert columns == [
        [Block("A", 0, 3, 4), Block("C", 2, 1, 2)],
        [Block("B", 1, 2, 4), Block("", -1, 1, 1)],
    ]
    assert [block.height for block in columns[1]] == [3, 1]


def test_whole_building_in_one_micro_grid():
    assert build_stack(6, 3, [part("A")]) == [[Block("A", 0, 1, 6)]] * 3


def test_building_without_plan():
    assert build_stack(2, 1, []) == [[Block("", -1, 1, 2)]]


def test_households_are_added_up_by_micro_grid():
    parts = [
        SimpleNamespace(code=code, atom_households=number)
        for code, number in (("B", 54), ("A", 36), ("A", 36))
    ]
    assert sum_households(parts) == {"A": 72, "B": 54}
