"""How the houses of a Chinese town are built: one style a kind of block, with its sizes in metres."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """Sizes of the buildings of one style and of the ground around them.

    Attributes
    ----------
    entrance_widths_m
        Least and greatest length of the building that one entrance takes.
    entrances
        Numbers of entrances a building may have, each as likely as it stands here.
    depths_m, gaps_m, pitches_m
        Least and greatest depth, gap to the next building in the row, distance from row to row.
    setback_m
        Free ground inside the wall of the compound.
    storeys, flats
        Storeys a building may have and flats a floor has per entrance, each as likely as it stands here.
    ground_m2
        Land a household takes, streets not counted.
    compound_kind
        Kind of compound the style makes; empty where nobody lives.
    """

    entrance_widths_m: tuple[float, float]
    entrances: tuple[int, ...]
    depths_m: tuple[float, float]
    gaps_m: tuple[float, float]
    pitches_m: tuple[float, float]
    setback_m: float
    storeys: tuple[int, ...]
    flats: tuple[int, ...]
    ground_m2: float
    compound_kind: str


STYLES: dict[str, Style] = {
    "slab": Style(
        (15.0, 19.0), (3, 4, 4, 4, 5, 5), (11.0, 13.0), (8.0, 13.0), (28.0, 33.0), 6.0,
        (5, 6, 6, 6, 6, 7), (2, 2, 2, 2, 3), 88.0, "old",
    ),
    "yard": Style(
        (13.5, 16.0), (2, 3, 3, 4), (10.5, 12.0), (7.0, 10.0), (24.0, 28.0), 4.0,
        (4, 5, 5, 6), (2, 2, 2, 3), 92.0, "family_yard",
    ),
    "tower": Style(
        (23.0, 30.0), (1, 1, 2, 2, 2, 3), (16.0, 19.0), (15.0, 26.0), (48.0, 60.0), 11.0,
        (18, 18, 24, 27, 28, 30, 32, 33), (2, 3, 3, 4, 4, 4, 5, 6), 56.0, "commercial",
    ),
    "garden": Style(
        (20.0, 25.0), (2, 2, 3, 3, 4), (13.0, 15.0), (11.0, 16.0), (33.0, 38.0), 9.0,
        (7, 8, 9, 11, 11), (2,), 92.0, "commercial",
    ),
    "resettled": Style(
        (21.0, 26.0), (2, 2, 3, 3), (14.0, 16.0), (12.0, 18.0), (36.0, 44.0), 8.0,
        (11, 11, 15, 16, 17, 18, 18), (2, 3, 3, 4), 66.0, "resettlement",
    ),
    "village": Style(
        (10.5, 14.0), (1,), (8.5, 10.5), (0.6, 2.2), (15.0, 17.5), 4.0,
        (1, 1, 1, 2, 2, 3), (1,), 270.0, "village",
    ),
    "school": Style(
        (34.0, 60.0), (1,), (15.0, 19.0), (16.0, 26.0), (38.0, 46.0), 12.0, (3, 4, 4, 5), (0,), 0.0, "",
    ),
    "office": Style(
        (36.0, 52.0), (1,), (26.0, 36.0), (26.0, 40.0), (62.0, 80.0), 14.0,
        (9, 12, 16, 20, 24), (0,), 0.0, "",
    ),
    "market": Style(
        (60.0, 110.0), (1,), (26.0, 40.0), (12.0, 18.0), (44.0, 58.0), 10.0, (1, 2, 2, 3), (0,), 0.0, "",
    ),
    "works": Style(
        (48.0, 120.0), (1,), (24.0, 44.0), (14.0, 24.0), (52.0, 66.0), 10.0, (1, 1, 1, 2), (0,), 0.0, "",
    ),
    "hospital": Style(
        (50.0, 80.0), (1,), (18.0, 24.0), (18.0, 26.0), (44.0, 54.0), 12.0, (4, 6, 9, 12), (0,), 0.0, "",
    ),
    "park": Style(
        (10.0, 18.0), (1,), (8.0, 12.0), (70.0, 120.0), (90.0, 130.0), 22.0, (1, 1, 2), (0,), 0.0, "",
    ),
}  # fmt: skip

# Half the width of a road with its pavements, in metres; what is built keeps off it.
HALF_WIDTHS_M: dict[str, float] = {
    "primary": 19.0,
    "secondary": 15.0,
    "tertiary": 11.0,
    "residential": 8.0,
    "service": 4.5,
    "railway": 24.0,
    "shore": 30.0,
}
