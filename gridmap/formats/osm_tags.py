"""What OpenStreetMap tags mean to a city of grids: tables first, then the rows made from them."""

import re
from typing import Any, Protocol

STATION_KEYS = ("amenity", "office")
KEYS = ("building", "entrance", "highway", "railway", "waterway", "natural", "barrier", *STATION_KEYS)

HOUSES = frozenset({"house", "detached", "bungalow", "cabin", "farm", "static_caravan", "houseboat", "villa"})
DWELLINGS = HOUSES | {
    "apartments",
    "residential",
    "terrace",
    "semidetached_house",
    "semi",
    "dormitory",
    "tower_block",
}
UNSAID = frozenset(
    {"yes", "building", "mixed", "mixed_use", "block"}
)  # may be lived in: judged by size and other tags
NOT_A_BUILDING = frozenset({"no", "demolished", "razed", "proposed", "planned"})
# A building of no stated kind that carries one of these is something else.
OTHER_PURPOSE = (
    "amenity",
    "office",
    "shop",
    "tourism",
    "leisure",
    "industrial",
    "man_made",
    "railway",
    "public_transport",
    "power",
    "religion",
    "historic",
    "military",
    "aeroway",
    "healthcare",
    "government",
)
GROUND_FLOOR = ("shop", "amenity", "office", "craft")

NOT_A_STAIRWELL = frozenset({"no", "emergency", "exit", "service", "garage", "shop", "fire_exit"})

ROADS_LEFT_OUT = frozenset(
    {
        "abandoned",
        "bus_guideway",
        "bus_stop",
        "construction",
        "corridor",
        "disused",
        "elevator",
        "emergency_bay",
        "no",
        "platform",
        "proposed",
        "raceway",
        "razed",
        "rest_area",
        "services",
        "via_ferrata",
    }
)
NO = ("", "no", "false", "0")

WATERCOURSES = frozenset({"river", "canal", "tidal_channel"})
WATER_SURFACES = WATERCOURSES | {"lake", "reservoir", "oxbow", "lagoon", "moat", "harbour"}
RAILWAYS = frozenset({"rail", "light_rail", "narrow_gauge", "monorail", "preserved", "subway"})
SHORT_WALLS = frozenset({"wall", "retaining_wall"})  # part a city only where they are long
WALLS = SHORT_WALLS | {"city_wall"}

STATIONS = {
    "amenity": frozenset(
        {
            "community_centre",
            "fire_station",
            "library",
            "police",
            "public_building",
            "social_centre",
            "social_facility",
            "townhall",
        }
    ),
    "office": frozenset({"government", "administrative"}),
}

METRES_PER_STOREY = 3.0
MOST_STOREYS = 200

Row = dict[str, Any]


class Tags(Protocol):
    """Tags of an object: osmium's list of them, or a dict."""

    def get(self, key: str, default: str = "", /) -> str:
        """Give the value of ``key``."""

    def __getitem__(self, key: str, /) -> str: ...

    def __contains__(self, key: str, /) -> bool: ...


def is_building(tags: Tags) -> bool:
    """Tell whether something is a building that stands."""
    value = tags.get("building", "")
    return bool(value) and value not in NOT_A_BUILDING


def is_station(tags: Tags) -> bool:
    """Tell whether something is a service point of the city."""
    return any(tags.get(key, "") in values for key, values in STATIONS.items())


def is_road(tags: Tags) -> bool:
    """Tell whether a way is a road or path that exists."""
    value = tags.get("highway", "")
    return bool(value) and value not in ROADS_LEFT_OUT and tags.get("area", "no") in NO


def line_barrier(tags: Tags) -> tuple[str, str] | None:
    """Kind and class of the barrier that a line is, None when it is none or runs under ground."""
    if tags.get("tunnel", "no") not in NO or tags.get("area", "no") not in NO:
        return None
    for key, kind, values in (
        ("waterway", "river", WATERCOURSES),
        ("railway", "railway", RAILWAYS),
        ("barrier", "wall", WALLS),
    ):
        if tags.get(key, "") in values:
            return kind, tags[key]
    return None


def water_class(tags: Tags) -> str:
    """Class of a water surface that parts a city, empty for anything else."""
    if tags.get("waterway", "") == "riverbank":
        return "river"
    if tags.get("natural", "") != "water":
        return ""
    said = tags.get("water", "")
    return said if said in WATER_SURFACES else ("water" if not said else "")


def building_row(number: int, name: str, tags: Tags) -> Row:
    """Make the row of a building; storeys and households as tagged, None where they are not."""
    value = tags["building"]
    flats = _whole(tags.get("building:flats", ""), 5_000)
    return {
        "number_in_file": number,
        "building": value,
        "id": name,
        "name": tags.get("name") or tags.get("addr:housename"),
        "address": _address(tags),
        "use": _use(value, tags),
        "storeys": _storeys(tags),
        "households": flats,
        "households_source": "OpenStreetMap building:flats" if flats is not None else None,
    }


def road_row(number: int, tags: Tags) -> Row:
    """Make the row of a road."""
    value = tags["highway"]
    oneway = tags.get("oneway", "")
    implied = value == "motorway" or tags.get("junction", "") in ("roundabout", "circular")
    layer = re.fullmatch(r"-?\d", tags.get("layer", "0").strip())
    return {
        "number_in_file": number,
        "id": f"w{number}",
        "name": tags.get("name"),
        "class": value,
        "oneway": oneway not in NO or (implied and not oneway),
        "bridge": tags.get("bridge", "") not in NO,
        "tunnel": tags.get("tunnel", "") not in NO,
        "layer": max(-5, min(5, int(layer[0]))) if layer else 0,
        "foot": _foot(tags),
    }


def _foot(tags: Tags) -> str | None:
    """Tell whether one may walk there, None where the class decides; private ways lead to homes."""
    said = tags.get("foot", "")
    if said in ("yes", "designated", "permissive", "official", "private", "destination"):
        return "yes"
    if said in ("no", "use_sidepath", "prohibited"):
        return "no"
    return "no" if tags.get("access", "") == "no" or tags.get("motorroad", "") == "yes" else None


def station_row(number: int, name: str, tags: Tags) -> Row:
    """Make the row of a station; one without a name is called by what it is."""
    what = next(tags[key] for key, values in STATIONS.items() if tags.get(key, "") in values)
    return {
        "number_in_file": number,
        "code": f"osm-{name}",
        "name": tags.get("name") or what.replace("_", " "),
        "kind": "station",
        "phone": tags.get("phone") or tags.get("contact:phone"),
    }


def count_flats(said: str) -> int | None:
    """Count the flats behind a door from a tag like ``1-12`` or ``1;2;5-8``, None where it says nothing."""
    total = 0
    for part in filter(None, re.split(r"[;,]\s*", said.strip())):
        span = re.fullmatch(r"(\d{1,4})\s*-\s*(\d{1,4})", part)
        total += max(int(span[2]) - int(span[1]) + 1, 1) if span else 1
    return total if 0 < total <= 5_000 else None


def _use(value: str, tags: Tags) -> str | None:
    """Use of a building by its tags, None where only its size can tell."""
    lived_in = value in DWELLINGS or tags.get("building:use", "") in ("residential", "apartments")
    if lived_in or "building:flats" in tags:
        return "mixed" if any(key in tags for key in GROUND_FLOOR) else "residential"
    if value in UNSAID and not any(key in tags for key in OTHER_PURPOSE):
        return None
    return "other"


def _storeys(tags: Tags) -> int | None:
    levels = _number(tags.get("building:levels", ""))
    if levels is not None and levels >= 0:
        return int(max(1, min(levels, MOST_STOREYS)))
    height_m = _number(re.sub(r"\s*m$", "", tags.get("height", "") or tags.get("building:height", "")))
    if height_m is not None and height_m > 0:
        return int(max(1, min(height_m / METRES_PER_STOREY + 0.5, MOST_STOREYS)))
    return None


def _address(tags: Tags) -> str | None:
    parts = (tags.get("addr:street") or tags.get("addr:place"), tags.get("addr:housenumber"))
    return " ".join(filter(None, parts)) or None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,5}(\.\d{1,5})?", text.strip()) else None


def _whole(text: str, most: int) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,5}", text.strip()) and int(text) <= most else None
