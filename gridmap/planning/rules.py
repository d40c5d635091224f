"""The rules of a division: the household band, what barriers cost, and how much each fault weighs.

A city keeps its rules as data; everything here is therefore plain numbers that travel as JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from gridmap.errors import BadInput

BARRIER_COSTS: dict[str, float] = {
    "river": 60.0,
    "railway": 60.0,
    "wall": 25.0,
    "road": 6.0,
    "road:motorway": 60.0,
    "road:trunk": 50.0,
    "road:primary": 40.0,
    "road:secondary": 30.0,
    "road:tertiary": 18.0,
    "road:unclassified": 8.0,
    "road:residential": 6.0,
    "road:living_street": 2.0,
    "road:pedestrian": 2.0,
    "road:service": 0.0,
    "road:footway": 0.0,
    "road:path": 0.0,
    "road:steps": 0.0,
    "road:cycleway": 0.0,
    "road:track": 0.0,
    "road:corridor": 0.0,
    "road:elevator": 0.0,
    "road:construction": 0.0,
    "road:proposed": 0.0,
    "road:raceway": 0.0,
    "road:bridleway": 0.0,
}
"""Cost of one micro-grid reaching across a barrier, by kind or ``kind:class``; 0 means no barrier at all."""


UNCROSSABLE = 1e6
"""A barrier that costs this much is never crossed; what it cuts off stays apart."""

FAULTS: dict[str, float] = {
    "band": 1e5,
    "buildings": 1e3,
    "compounds": 150.0,
    "barriers": 60.0,
    "shape": 12.0,
    "balance": 2.0,
}
"""The faults of a division in their usual order, and about what one of each costs."""


@dataclass(frozen=True)
class Weights:
    """What one fault costs while the faults are judged in their usual order.

    Households outside the band outweigh broken buildings, these mixed compounds, and so on; barrier costs
    (``PlanRules.barrier_costs``) stand between ``compound_mixed`` and ``shape``. Shape and radius are
    made good for the number of parts: compactness must not be had by making fewer or more of them.
    """

    household_outside: float = 1e5
    entrance_split: float = 1e3
    floor_split: float = 1.5e3
    compound_mixed: float = 150.0
    shape: float = 12.0
    radius: float = 24.0
    balance: float = 2.0
    bridge: float = 5e4


@dataclass(frozen=True)
class PlanRules:
    """The city's rules for micro-grids (or, with another band, for grids).

    Attributes
    ----------
    households_min, households_max, households_target
        The band, both ends included, and the size liked best.
    order
        The faults of `FAULTS`, the gravest first; weights are scaled to it.
    may_break_buildings
        False keeps every building whole whatever its size (used for grids).
    barrier_costs
        Cost of crossing by ``kind`` or ``kind:class``; the more specific name wins.
    trees
        Random spanning trees tried on a whole parent.
    rounds
        How often the local search walks over all neighbouring pairs.
    shared_border_m
        Neighbours must share at least this much border.
    simplify_m
        Borders along roads and other barriers may stray from them by 0.3 of this.
    spacing_m
        Distance of the points put on walls and lines before the land is divided.
    """

    households_min: int = 50
    households_max: int = 80
    households_target: int = 65
    order: tuple[str, ...] = tuple(FAULTS)
    may_break_buildings: bool = True
    barrier_costs: dict[str, float] = field(default_factory=lambda: dict(BARRIER_COSTS))
    weights: Weights = field(default_factory=Weights)
    trees: int = 20
    rounds: int = 4
    tries: int = 4
    shared_border_m: float = 1.0
    simplify_m: float = 3.0
    spacing_m: float = 5.0

    def __post_init__(self) -> None:
        if not 1 <= self.households_min <= self.households_target <= self.households_max:
            raise BadInput(
                "planning_band",
                low=self.households_min,
                target=self.households_target,
                high=self.households_max,
            )
        if sorted(self.order) != sorted(FAULTS):
            raise BadInput("planning_order", faults=", ".join(FAULTS), order=", ".join(self.order))

    def in_force(self) -> PlanRules:
        """Return the same rules with weights and barrier costs scaled so that the usual order says the same.

        A fault moved up the order takes the weight of the place it moves to.
        """
        scale = {
            fault: usual / FAULTS[fault] for fault, usual in zip(self.order, FAULTS.values(), strict=True)
        }
        if all(factor == 1 for factor in scale.values()):
            return self
        w = self.weights
        weights = replace(
            w,
            household_outside=w.household_outside * scale["band"],
            entrance_split=w.entrance_split * scale["buildings"],
            floor_split=w.floor_split * scale["buildings"],
            compound_mixed=w.compound_mixed * scale["compounds"],
            shape=w.shape * scale["shape"],
            radius=w.radius * scale["shape"],
            balance=w.balance * scale["balance"],
        )
        costs = {
            name: cost if cost >= UNCROSSABLE else cost * scale["barriers"]
            for name, cost in self.barrier_costs.items()
        }
        return replace(self, weights=weights, barrier_costs=costs, order=tuple(FAULTS))

    def barrier_cost(self, kind: str, class_: str | None) -> float:
        """Return the cost of crossing a barrier of this kind and class."""
        base = (class_ or "").removesuffix("_link")
        specific = self.barrier_costs.get(f"{kind}:{base}") if base else None
        return self.barrier_costs.get(kind, 0.0) if specific is None else specific

    def status(self, households: int) -> str:
        """Return ``under``, ``in_band`` or ``over``."""
        if households < self.households_min:
            return "under"
        return "in_band" if households <= self.households_max else "over"

    def outside(self, households: int) -> int:
        """Return by how many households a count misses the band."""
        return max(self.households_min - households, households - self.households_max, 0)

    def least_outside(self, households: int) -> int:
        """Return by how many households a total misses the band at least, however it is divided."""
        if households == 0:
            return 0
        more = -(-households // self.households_max)
        over = households - (more - 1) * self.households_max if more > 1 else households
        return min(over, max(more * self.households_min - households, 0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; ``from_dict`` is the inverse."""
        return asdict(self) | {"order": list(self.order)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PlanRules:
        """Build rules from JSON values; names left out keep their defaults, unknown names are refused."""
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise BadInput("planning_unknown_rules", names=", ".join(sorted(unknown)))
        values = dict(values)
        if "order" in values:
            values["order"] = tuple(values["order"])
        weights = values.get("weights")
        if isinstance(weights, dict):
            unknown = set(weights) - {f.name for f in fields(Weights)}
            if unknown:
                raise BadInput("planning_unknown_rules", names=", ".join(sorted(unknown)))
            values["weights"] = Weights(**weights)
        return cls(**values)


AREA_RULES = PlanRules(
    households_min=300,
    households_max=500,
    households_target=400,
    may_break_buildings=False,
    trees=8,
    rounds=4,
    tries=4,
    spacing_m=8.0,
    simplify_m=4.0,
)
"""Rules for grids of about 400 households made from buildings alone."""
