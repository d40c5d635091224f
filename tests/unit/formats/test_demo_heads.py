"""Heads of micro-grids: three in a hundred are missing on purpose, the same ones for the same seed."""

from datetime import date

import numpy as np
import pandas as pd

from gridmap.formats.demo_city.heads import Heads, build_heads
from gridmap.formats.layers import layer_of

DAY = date(2026, 11, 20)
MICRO_GRIDS = [
    (f"{community}{grid:03d}{number:02d}", community)
    for community in ("370699001001", "370699001002")
    for grid in range(1, 6)
    for number in range(1, 11)
]  # 100


def heads_of(seed: int) -> Heads:
    helped = ("370699-GO-0007", [MICRO_GRIDS[4][0], MICRO_GRIDS[5][0]])
    return build_heads(MICRO_GRIDS, helped, "370699", DAY, np.random.default_rng(seed))


def test_every_micro_grid_but_three_in_a_hundred_has_its_own_head() -> None:
    heads = heads_of(1)
    assert len(heads.uncovered) == 3
    own = heads.postings[heads.postings["staff_code"] != "370699-GO-0007"]
    assert own["staff_code"].tolist() == heads.staff["code"].tolist() == [
        f"370699-MH-{number:04d}" for number in range(1, 98)
    ]  # fmt: skip
    assert [code for code, _ in MICRO_GRIDS if code not in heads.uncovered] == own["place_code"].tolist()
    assert heads.staff["office_code"].tolist() == [code[:12] for code in own["place_code"]]
    assert heads.staff["phone"].iloc[[0, -1]].tolist() == ["0535-000 7001", "0535-000 7097"]
    helped = heads.postings[heads.postings["staff_code"] == "370699-GO-0007"]
    assert helped["place_code"].tolist() == ["37069900100100105", "37069900100100106"]


def test_heads_pass_the_import_contract() -> None:
    heads = heads_of(1)
    for kind, frame in (("staff", heads.staff), ("postings", heads.postings)):
        assert layer_of(kind, frame).rejected == ()


def test_the_same_seed_leaves_the_same_ones_out() -> None:
    one, again, other = heads_of(1), heads_of(1), heads_of(2)
    assert one.uncovered == again.uncovered != other.uncovered
    pd.testing.assert_frame_equal(one.staff, again.staff)
    pd.testing.assert_frame_equal(one.postings, again.postings)


def test_few_micro_grids_still_lack_one_head() -> None:
    heads = build_heads(MICRO_GRIDS[:5], ("370699-GO-0007", []), "370699", DAY, np.random.default_rng(1))
    assert (len(heads.staff), len(heads.uncovered)) == (4, 1)
