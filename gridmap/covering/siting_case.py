"""The ground of every question about sites: who walks how far, checked once, and what a choice does.

Demands that neither the present stations nor any candidate reach are left out and counted. All figures
about a choice are worked out here from the walks themselves, never taken from a solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.covering.siting_results import Effect, Site, Standing
from gridmap.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


@dataclass(frozen=True)
class SitingCase:
    """Candidates, and the demands that anything reaches.

    Attributes
    ----------
    walks_m
        (C, D) metres from candidate to demand, inf where there is no way.
    households
        (D,)
    present_m
        (D,) metres to the nearest present station, inf where there is none.
    reach_m
        What counts as within reach.
    households_unreachable
        Households of the demands left out.
    unreached_m
        What a walk counts as while no station reaches.
    """

    walks_m: np.ndarray
    households: np.ndarray
    present_m: np.ndarray
    reach_m: float
    households_unreachable: float
    unreached_m: float

    @property
    def present_cost_m(self) -> np.ndarray:
        """(D,) metres to the nearest present station, `unreached_m` where there is none."""
        return np.where(np.isfinite(self.present_m), self.present_m, self.unreached_m)

    @property
    def is_whole(self) -> bool:
        """Whether households are whole numbers, so that a bound may be rounded."""
        return bool((self.households == np.round(self.households)).all())

    def nearest_m(self, chosen: Sequence[int] | np.ndarray) -> np.ndarray:
        """(D,) metres to the nearest station once these candidates are built."""
        rows = np.asarray(chosen, np.int64)
        if not len(rows):
            return self.present_m
        return np.minimum(self.present_m, self.walks_m[rows].min(axis=0))

    def within(self, metres: np.ndarray) -> float:
        """Count the households whose walk is within reach."""
        return float(self.households[self.covers(metres)].sum())

    def covers(self, metres: np.ndarray) -> np.ndarray:
        """Tell which walks are within reach; in double precision whatever the walks are stored in."""
        return metres <= np.float64(self.reach_m)

    def cost(self, metres: np.ndarray) -> float:
        """Sum household-metres, `unreached_m` for those whom nothing reaches."""
        counted = np.where(np.isfinite(metres), metres, self.unreached_m)
        return float((counted * self.households).sum())

    def standing(self, metres: np.ndarray) -> Standing:
        """Tell how the households stand when their walks are so long."""
        reached = np.isfinite(metres)
        walked = float((metres[reached] * self.households[reached]).sum())
        households = float(self.households[reached].sum())
        return Standing(
            self.within(metres),
            float(self.households[~reached].sum()),
            walked,
            walked / households if households else None,
        )

    def arrange(self, chosen: Sequence[int] | np.ndarray, *, by_walks: bool) -> tuple[Site, ...]:
        """Put chosen candidates into the order in which they add most; those that add nothing are dropped.

        Parameters
        ----------
        chosen
            Rows of candidates.
        by_walks
            True judges by household-metres first, False by households within reach; the other breaks ties.
        """
        left = sorted({int(i) for i in chosen})
        order: list[tuple[int, Effect]] = []
        metres = self.present_m
        while left:
            effects = [(self._effect(metres, np.minimum(metres, self.walks_m[i])), i) for i in left]
            added, best = max(effects, key=lambda pair: (*_rank(pair[0], by_walks), -pair[1]))
            if _rank(added, by_walks)[0] <= 0:
                break
            order.append((best, added))
            left.remove(best)
            metres = np.minimum(metres, self.walks_m[best])
        rows = [candidate for candidate, _ in order]
        sites = []
        for candidate, added in order:
            others = self.nearest_m([i for i in rows if i != candidate])
            gain = self._effect(self.present_m, np.minimum(self.present_m, self.walks_m[candidate]))
            sites.append(Site(candidate, gain, added, self._effect(others, metres)))
        return tuple(sites)

    def _effect(self, before_m: np.ndarray, after_m: np.ndarray) -> Effect:
        """Compare two states; only what changes is summed, so that no change is exactly none."""
        cap = self.unreached_m
        shorter = np.where(np.isfinite(before_m), before_m, cap) - np.where(
            np.isfinite(after_m), after_m, cap
        )
        newly = self.covers(after_m) & ~self.covers(before_m)
        return Effect(float(self.households[newly].sum()), float((shorter * self.households).sum()))


def _rank(effect: Effect, by_walks: bool) -> tuple[float, float]:
    both = (effect.household_m, effect.households)
    return both if by_walks else both[::-1]


def read_case(
    walks_m: npt.ArrayLike, households: npt.ArrayLike, present_m: npt.ArrayLike, reach_m: float
) -> SitingCase:
    """Check the input of a question about sites and leave out whom nothing reaches.

    Parameters
    ----------
    walks_m
        (C, D) metres walked from candidate to demand, inf where there is no way.
    households
        (D,) households per demand, 0 or more.
    present_m
        (D,) metres walked to the nearest present station, inf where there is none.
    reach_m
        Metres within which a household counts as covered.

    Raises
    ------
    BadInput
        Shapes that do not fit, values that are no distances or counts, a reach of nothing.
    """
    walks = _floats(walks_m, "walks_m")
    counts, present = _floats(households, "households"), _floats(present_m, "present_m")
    if walks.ndim != 2 or counts.shape != (walks.shape[1],) or present.shape != counts.shape:
        raise BadInput(
            "siting_shapes",
            walks=str(walks.shape),
            households=str(counts.shape),
            present=str(present.shape),
        )
    for name, values in (("walks_m", walks), ("households", counts), ("present_m", present)):
        if not (values >= 0).all():
            raise BadInput("siting_values", name=name)
    if not np.isfinite(counts).all():
        raise BadInput("siting_values", name="households")
    if not (0 < reach_m < np.inf):
        raise BadInput("siting_reach", reach=reach_m)
    reachable = np.isfinite(present)
    if len(walks):
        reachable |= np.isfinite(walks.min(axis=0))
    longest = max(float(np.max(m, where=np.isfinite(m), initial=0)) for m in (walks, present))
    return SitingCase(
        walks if reachable.all() else walks[:, reachable],
        counts[reachable].astype(np.float64),
        present[reachable].astype(np.float64),
        float(reach_m),
        float(counts[~reachable].sum()),
        2 * longest or 1.0,
    )


def require_sites(sites: int) -> int:
    """Return how many sites are asked for.

    Raises
    ------
    BadInput
        Not a whole number of 1 or more.
    """
    if isinstance(sites, bool) or int(sites) != sites or sites < 1:
        raise BadInput("siting_sites", sites=sites)
    return int(sites)


def _floats(values: npt.ArrayLike, name: str) -> np.ndarray[Any, Any]:
    try:
        given = np.asarray(values)
        return given if given.dtype in (np.float32, np.float64) else given.astype(np.float64)
    except (TypeError, ValueError):
        raise BadInput("siting_values", name=name) from None
