"""The life of an order (点单–派单–接单): `order_transitions.csv`, refused unless it holds together; pure.

An order is a small wish or task that a resident has told somebody: open until a helper claims it, first come
first served, then done, then confirmed by whoever ordered it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

OPEN, CLAIMED, DONE, CONFIRMED, WITHDRAWN = "open", "claimed", "done", "confirmed", "withdrawn"
STATES = (OPEN, CLAIMED, DONE, CONFIRMED, WITHDRAWN)
CLOSED = (CONFIRMED, WITHDRAWN)
CLAIM = "claim"
PARTS = ("helper", "claimant", "orderer", "desk")
"""Who somebody is to an order: may help, has claimed it, has ordered it, or sits at the desk."""
HELPER_ROLES = ("volunteer", "partner_organisation")
KINDS = (
    "errand",
    "repair",
    "lending",
    "cleaning",
    "company",
    "teaching",
    "event",
    "space",
    "transport",
    "other",
)
"""Kinds of help: the same words for orders and for lists of needs, resources and projects."""


@dataclass(frozen=True)
class OrderStep:
    """A legal step.

    Attributes
    ----------
    by
        Who may take it, of `PARTS`.
    """

    from_state: str
    action: str
    to_state: str
    by: frozenset[str]


@cache
def read_steps() -> Mapping[tuple[str, str], OrderStep]:
    """Read the table of legal steps: (state, action) -> step.

    Raises
    ------
    ValueError
        If it names a state or part that is not known, says a step twice, or leaves a state without a way on.
    """
    text = files("gridmap.handling").joinpath("order_transitions.csv").read_text("utf-8")
    steps: dict[tuple[str, str], OrderStep] = {}
    for row in csv.DictReader(text.splitlines()):
        step = OrderStep(row["from_state"], row["action"], row["to_state"], frozenset(row["by"].split()))
        if not {step.from_state, step.to_state} <= set(STATES) or not step.by or not step.by <= set(PARTS):
            raise ValueError(f"order_transitions.csv: {row}")
        if (step.from_state, step.action) in steps:
            raise ValueError(f"order_transitions.csv: {step.from_state} {step.action} twice")
        steps[step.from_state, step.action] = step
    stuck = set(STATES) - set(CLOSED) - {step.from_state for step in steps.values()}
    if stuck:
        raise ValueError(f"order_transitions.csv: no way on from {sorted(stuck)}")
    return steps


def list_actions() -> tuple[str, ...]:
    """List all actions in the order of the table."""
    return tuple(dict.fromkeys(action for _, action in read_steps()))


def steps_for(state: str, parts: Iterable[str]) -> list[OrderStep]:
    """List the steps that somebody who is ``parts`` to an order may take in a state."""
    mine = set(parts)
    return [step for step in read_steps().values() if step.from_state == state and step.by & mine]
