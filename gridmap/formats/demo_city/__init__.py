"""A made-up Chinese city from a seed, in the layers of the import contract.

``build_demo_city`` is pure: it knows no database, and the same size, seed and date give the same layers.
The parts follow the words: ground, layout, districts, parcels, buildings, dwellings, places, town_plan,
people, rosters, issues. Everything is placed in metres and brought to EPSG:4326 at the end.

It does not promise a real place: coast and streets are invented, codes stand in no register, telephone
numbers cannot be dialled, and nobody is named.
"""

from gridmap.formats.demo_city.city import LAYERS, DemoDistrict, build_demo_city, list_district_codes
from gridmap.formats.demo_city.issues import HotSpot
from gridmap.formats.demo_city.sizes import SIZES

__all__ = ["LAYERS", "SIZES", "DemoDistrict", "HotSpot", "build_demo_city", "list_district_codes"]
