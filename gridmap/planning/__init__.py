"""The engine: divides areas into micro-grids. Pure: frames in, frozen results out; see README.md.

The register of what others may use:
"""

from gridmap.planning.batches import BatchPart, divide_batch, pack_batch, unpack_part, with_shapes
from gridmap.planning.check import check_plan
from gridmap.planning.codes import assign_colours
from gridmap.planning.derive import derive_areas, group_areas
from gridmap.planning.graphs import describe_graph
from gridmap.planning.identity import keep_codes
from gridmap.planning.plan import plan_area
from gridmap.planning.results import PlanResult
from gridmap.planning.rules import AREA_RULES, PlanRules

__all__ = [
    "AREA_RULES",
    "BatchPart",
    "PlanResult",
    "PlanRules",
    "assign_colours",
    "check_plan",
    "derive_areas",
    "describe_graph",
    "divide_batch",
    "group_areas",
    "keep_codes",
    "pack_batch",
    "plan_area",
    "unpack_part",
    "with_shapes",
]
