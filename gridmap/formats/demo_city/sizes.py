"""The three sizes of a demo city and what each of them holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """What one size of demo city is made of.

    Attributes
    ----------
    columns, rows
        Districts from west to east and from south to north.
    width_m, height_m
        Extent of one district, multiples of 20 m so that neighbours share every vertex of their border.
    grids, streets, grids_per_community
        Number of grids and streets of a district, and the most grids a community has.
    avenues_north, avenues_east
        Where arterial roads run north and east, as shares of the extent.
    coast, diagonal, inner_railway
        Whether the sea lies in the north, a diagonal avenue and a railway run through the districts.
    fringe_share, core_share
        Shares of the land that are edge of town and old town.
    roster_weeks
        Weeks of shifts around today.
    """

    columns: int
    rows: int
    width_m: int
    height_m: int
    grids: int
    streets: int
    grids_per_community: int
    avenues_north: tuple[float, ...]
    avenues_east: tuple[float, ...]
    coast: bool
    diagonal: bool
    inner_railway: bool
    fringe_share: float
    core_share: float
    roster_weeks: int


_DISTRICT = Size(
    columns=1,
    rows=1,
    width_m=5800,
    height_m=4500,
    grids=329,
    streets=10,
    grids_per_community=8,
    avenues_north=(0.16, 0.34, 0.80),
    avenues_east=(0.27, 0.50, 0.74),
    coast=True,
    diagonal=True,
    inner_railway=True,
    fringe_share=0.26,
    core_share=0.34,
    roster_weeks=8,
)

SIZES: dict[str, Size] = {
    "town": Size(
        columns=1,
        rows=1,
        width_m=1020,
        height_m=840,
        grids=13,
        streets=1,
        grids_per_community=5,
        avenues_north=(0.40,),
        avenues_east=(0.52,),
        coast=False,
        diagonal=False,
        inner_railway=False,
        fringe_share=0.12,
        core_share=0.45,
        roster_weeks=8,
    ),
    "district": _DISTRICT,
    "city": Size(**{**_DISTRICT.__dict__, "columns": 9, "rows": 9, "roster_weeks": 1}),
}
