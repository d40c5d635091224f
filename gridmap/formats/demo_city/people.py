"""Stations, staff and postings of a demo district: by role and number, never by name."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.formats.demo_city.districts import Integers
from gridmap.formats.demo_city.parcels import LandUse
from gridmap.formats.demo_city.places import Places, compound_code
from gridmap.formats.demo_city.town_plan import gate_of

# Role, its letters in codes, whether the post has a duty phone, skills.
_ROLES: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "grid_officer": ("GO", True, ("", "调解", "急救", "手语")),
    "community_worker": ("CW", True, ("", "社保", "民政", "调解")),
    "building_head": ("BH", False, ("",)),
    "entrance_head": ("EH", False, ("",)),
    "centre_household": ("CH", False, ("",)),
    "police": ("PO", True, ("治安",)),
    "legal_adviser": ("LA", True, ("法律",)),
    "enforcement": ("EN", True, ("执法",)),
    "property_steward": ("PS", True, ("", "水电", "电梯")),
    "volunteer": ("VO", False, ("", "急救", "维修")),
    "partner_organisation": ("PA", False, ("",)),
}
_HOUSES_PER_HEAD = 12
_COVERED_SHARE = 0.95
_HEADS_SHARE = 0.70
_POSTED_FROM = date(2022, 11, 1)  # the first days lie in the two years after it


@dataclass
class People:
    """Stations, staff and postings.

    ``officer_grid`` is the grid code of each grid officer in the order of ``staff``; ``uncovered`` the codes
    of the grids left without one on purpose.
    """

    stations: gpd.GeoDataFrame
    staff: pd.DataFrame
    postings: pd.DataFrame
    uncovered: list[str]


@dataclass
class _Register:
    """Gathers posts and postings."""

    district: str
    rng: np.random.Generator
    today: date
    posts: list[tuple[str, str, str, str]] = field(default_factory=list)
    postings: list[tuple[str, str, str]] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)

    def post(self, role: str, office: str, level: str, places: list[str], organisation: str = "") -> str:
        """Create a post and post it to places; gives its code."""
        number = self.counters[role] = self.counters.get(role, 0) + 1
        code = f"{self.district}-{_ROLES[role][0]}-{number:04d}"
        self.posts.append((code, role, organisation, office))
        self.postings.extend((code, level, place) for place in places)
        return code


def build_people(
    places: Places, land_use: LandUse, district_code: str, today: date, rng: np.random.Generator
) -> People:
    """Build stations, staff and postings of a district."""
    register = _Register(district_code, rng, today)
    stations = _stations(places, land_use, district_code, rng)
    uncovered = _post_officers(register, places, rng)
    _post_communities(register, places, rng)
    _post_buildings(register, places, rng)
    _post_compounds(register, places, district_code, rng)
    return People(stations, _staff(register, places, stations), _postings(register), uncovered)


def _stations(places: Places, land_use: LandUse, code: str, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Choose sites of all four kinds: a service station for every other community, gates, doors, homes."""
    rows: list[tuple[str, str, float, float]] = []
    communities = places.areas[places.areas["level"] == "community"]
    cell_community = np.array([cell_code[:12] for cell_code in places.cell_codes])
    shops = np.flatnonzero(places.stock.is_style("shop", "office", "market"))
    for position, (community, name) in enumerate(zip(communities["code"], communities["name"], strict=True)):
        here = np.flatnonzero(cell_community[places.cell] == community)
        if position % 9 % 2 == 1 or len(here) == 0:
            continue
        inside = np.intersect1d(here, shops)
        middle = places.xy[here].mean(axis=0)
        sites = inside if len(inside) else here
        site = places.xy[sites[np.argmin(np.hypot(*(places.xy[sites] - middle).T))]]
        rows.append(("station", f"{name}党群服务站", float(site[0]), float(site[1])))
    gated = [c for c in land_use.compounds if c.kind in ("commercial", "resettlement", "mixed")]
    for place in np.sort(rng.permutation(len(gated))[: max(2, len(gated) // 4)]):
        site = gate_of(land_use.parcels[gated[place].parcels[0]].geom)
        rows.append(("gate", f"{gated[place].name}小区门岗", *site))
    names = places.buildings["address"].to_numpy()
    building_of = np.searchsorted(places.buildings["id"].to_numpy().astype(str),
                                  places.entrances["building_id"].to_numpy().astype(str))  # fmt: skip
    drawn = rng.permutation(len(places.entrances))
    doors, homes = max(6, len(drawn) // 40), max(3, len(drawn) // 140)
    for rank, door in enumerate(drawn[: doors + homes]):
        kind, label = ("building_door", "红心楼栋") if rank < doors else ("member_home", "党员中心户")
        building = names[building_of[door]]
        site = places.entrance_xy[door]
        rows.append((kind, f"{building.split(' ', 1)[-1]}{label}", float(site[0]), float(site[1])))
    kinds, titles, xs, ys = zip(*rows, strict=True)
    frame = pd.DataFrame({
        "code": [f"{code}-S{number:03d}" for number in range(1, len(rows) + 1)],
        "name": titles, "kind": kinds,
        "phone": [phone(6000 + n) if kind == "station" else None for n, kind in enumerate(kinds)],
    })  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=places.degrees(np.column_stack([xs, ys])), crs="EPSG:4326")


def phone(number: int) -> str:
    """Write a telephone number that nobody has."""
    return f"0535-000 {number % 10_000:04d}"


def _post_officers(register: _Register, places: Places, rng: np.random.Generator) -> list[str]:
    """Post a full-time officer to each grid but a few, and a second one to the largest."""
    grids = places.areas[places.areas["level"] == "grid"]
    codes, basic = grids["code"].to_numpy(), (grids["kind"] == "basic").to_numpy()
    candidates = np.flatnonzero(basic)
    gaps = max(1, round((1 - _COVERED_SHARE) * len(codes)))
    uncovered = set(rng.permutation(candidates)[:gaps].tolist())
    cells = np.array(places.cell_codes)
    households = np.bincount(places.cell, places.stock.households, len(cells))
    by_code = dict(zip(cells.tolist(), households.tolist(), strict=True))
    covered = [i for i in range(len(codes)) if i not in uncovered]
    for index in covered:
        register.post("grid_officer", codes[index][:12], "grid", [codes[index]], "网格化服务中心")
    for index in sorted(covered, key=lambda i: -by_code[codes[i]])[: len(uncovered)]:
        register.post("grid_officer", codes[index][:12], "grid", [codes[index]], "网格化服务中心")
    return [str(codes[i]) for i in sorted(uncovered)]


def _post_communities(register: _Register, places: Places, rng: np.random.Generator) -> None:
    """Post community workers, police, legal advisers, volunteers and partner organisations."""
    areas = places.areas
    grids = areas.loc[areas["level"] == "grid", "code"].to_numpy()
    for community in areas.loc[areas["level"] == "community", "code"]:
        own = [str(code) for code in grids if code.startswith(community)]
        for worker in range(max(3, round(0.93 * len(own)))):
            code = register.post("community_worker", community, "community", [community], "社区居民委员会")
            register.postings.append((code, "grid", own[worker % len(own)]))
        for role, share, organisation in (
            ("police", 0.7, "公安派出所"),
            ("legal_adviser", 0.7, "法律援助中心"),
            ("partner_organisation", 0.9, "双报到单位"),
            ("partner_organisation", 0.9, "双报到单位"),
        ):
            if rng.random() < share:
                register.post(role, community, "community", [community], organisation)
        for grid in own:
            register.post("volunteer", community, "grid", [grid], "志愿服务队")


def _post_buildings(register: _Register, places: Places, rng: np.random.Generator) -> None:
    """Post heads to 70 % of the buildings, one for a row of village houses, and heads of entrances."""
    ids = places.buildings["id"].to_numpy()
    offices = np.array([code[:12] for code in places.cell_codes])[places.cell]
    village = places.stock.is_style("village")
    lived_in = places.stock.households > 0
    for row in np.flatnonzero(lived_in & ~village):
        if rng.random() < _HEADS_SHARE:
            register.post("building_head", offices[row], "building", [ids[row]])
        if rng.random() < 0.17:
            register.post("centre_household", offices[row], "building", [ids[row]])
    houses = np.flatnonzero(village)
    breaks = np.flatnonzero(np.diff(places.cell[houses]) != 0) + 1
    for block in np.split(houses, breaks):
        for start in range(0, len(block), _HOUSES_PER_HEAD):
            if rng.random() < _HEADS_SHARE:
                near = block[start : start + _HOUSES_PER_HEAD]
                register.post("building_head", offices[near[0]], "building", ids[near].tolist())
    office_of = dict(zip(ids.tolist(), offices.tolist(), strict=True))
    for building, number in zip(places.entrances["building_id"], places.entrances["number"], strict=True):
        if rng.random() < 0.27:
            register.post("entrance_head", office_of[building], "entrance", [f"{building}/{number}"])


def _post_compounds(register: _Register, places: Places, code: str, rng: np.random.Generator) -> None:
    """Post property stewards where a company serves, and enforcement staff to a quarter of the compounds."""
    count = len(places.compounds)
    lives = places.compound >= 0
    households = np.bincount(places.compound[lives], places.stock.households[lives], count)
    offices = np.array([cell_code[:12] for cell_code in places.cell_codes])
    home = np.zeros(count, dtype=np.int64)
    home[places.compound[lives]] = places.cell[lives]
    for number, company in enumerate(places.compounds["property_company"]):
        place = [compound_code(code, number)]
        if pd.notna(company):
            for _ in range(1 + int(households[number] // 300)):
                register.post("property_steward", offices[home[number]], "compound", place, company)
        if rng.random() < 0.25:
            register.post("enforcement", offices[home[number]], "compound", place, "综合行政执法队")


def _staff(register: _Register, places: Places, stations: gpd.GeoDataFrame) -> pd.DataFrame:
    code, role, organisation, office = (list(column) for column in zip(*register.posts, strict=True))
    offices = places.areas[places.areas["level"] == "community"]
    sites = stations[stations["kind"] == "station"]
    nearest = shapely.STRtree(sites.geometry.to_numpy()).nearest(
        shapely.point_on_surface(offices.geometry.to_numpy())
    )
    station_of = dict(zip(offices["code"], sites["code"].to_numpy()[nearest], strict=True))
    at_station = np.isin(role, ["grid_officer", "community_worker", "police", "legal_adviser"])
    skills = [
        _ROLES[r][2][int(draw * len(_ROLES[r][2]))]
        for r, draw in zip(role, register.rng.random(len(role)), strict=True)
    ]
    return pd.DataFrame({
        "code": code, "role": role, "organisation": organisation, "office_code": office,
        "station_code": [station_of[o] if at else None for o, at in zip(office, at_station, strict=True)],
        "phone": [phone(n) if _ROLES[r][1] else None for n, r in enumerate(role, start=1)],
        "skills": [skill or None for skill in skills],
    })  # fmt: skip


def _postings(register: _Register) -> pd.DataFrame:
    """Date the postings: most open, a few over; one made up on another day begins on the same first day."""
    code, level, place = (list(column) for column in zip(*register.postings, strict=True))
    days: Integers = register.rng.integers(40, 730, len(code))
    over = register.rng.random(len(code)) < 0.015
    over &= np.array(level) != "grid"
    return pd.DataFrame({
        "staff_code": code, "place_level": level, "place_code": place,
        "starts_on": [_POSTED_FROM + timedelta(days=int(day)) for day in days],
        "ends_on": [register.today - timedelta(days=20) if past else None for past in over],
    })  # fmt: skip
