"""Heads of the micro-grids of a demo district, once a plan says which micro-grids there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from gridmap.formats.demo_city.people import phone

_UNCOVERED_SHARE = 0.03
_FIRST_PHONE = 7000  # above those of the district's other posts and of its stations


@dataclass(frozen=True)
class Heads:
    """Posts and postings in the columns of the import contract, and the micro-grids left without a head."""

    staff: pd.DataFrame
    postings: pd.DataFrame
    uncovered: tuple[str, ...]


def build_heads(
    micro_grids: Sequence[tuple[str, str]],
    helped: tuple[str, Sequence[str]],
    district_code: str,
    today: date,
    rng: np.random.Generator,
) -> Heads:
    """Give every micro-grid a head of its community, but for three in a hundred.

    Parameters
    ----------
    micro_grids
        Code of each micro-grid and of its community.
    helped
        A post of the district that answers for some micro-grids besides their heads, and their codes.
    today
        The first day of the postings.
    rng
        Draws the micro-grids that are left without a head, one at least; the same state draws the same.
    """
    gaps = max(1, round(_UNCOVERED_SHARE * len(micro_grids)))
    drawn = set(rng.permutation(len(micro_grids))[:gaps].tolist())
    headed = [one for row, one in enumerate(micro_grids) if row not in drawn]
    numbers = range(1, len(headed) + 1)
    staff = pd.DataFrame({
        "code": [f"{district_code}-MH-{number:04d}" for number in numbers],
        "role": "micro_grid_head", "organisation": "社区居民委员会",
        "office_code": [community for _, community in headed], "station_code": None,
        "phone": [phone(_FIRST_PHONE + number) for number in numbers], "skills": None,
    })  # fmt: skip
    helper, places = helped
    postings = pd.DataFrame({
        "staff_code": [*staff["code"], *[helper] * len(places)], "place_level": "micro_grid",
        "place_code": [*[code for code, _ in headed], *places], "starts_on": today, "ends_on": None,
    })  # fmt: skip
    return Heads(staff, postings, tuple(micro_grids[row][0] for row in sorted(drawn)))
