"""Steps that several people took without seeing each other's: what of them is agreed, and where they part.

All chains that began at the same version of an issue make a tree: steps with the same action and outcome are
the same step. As long as the tree has one way only, everybody agrees, and those steps are taken. Where it
parts, nobody's way is: the issue stays where all had come together. The answer is a function of the set of
links, in whatever order they are given, and however often.

A new link can only lengthen the agreed way while nothing parts it, or shorten it: what once parted never
joins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gridmap.handling.register import AGREED, BEFORE, SAME, Register, Transition

Step = tuple[str, str]
"""An action and its outcome, empty without one."""


@dataclass(frozen=True)
class Link:
    """A part of a chain.

    Attributes
    ----------
    id
        Of the entry.
    after
        Id of the link it goes on from; empty at the beginning of a chain.
    steps
        Taken one after the other.
    """

    id: str
    after: str
    steps: tuple[Step, ...]


def find_ways(links: Iterable[Link]) -> dict[str, tuple[Step, ...]]:
    """Find the way to each link, its own steps included; links that hang on nothing known are left out."""
    known = {link.id: link for link in links}
    ways: dict[str, tuple[Step, ...]] = {}
    for one in known:
        chain: list[Link] = []
        at = one
        while at in known and known[at] not in chain:
            chain.append(known[at])
            at = known[at].after
        if at == "":
            ways[one] = tuple(step for link in reversed(chain) for step in link.steps)
    return ways


def find_agreed(ways: Iterable[tuple[Step, ...]]) -> tuple[Step, ...]:
    """Find how far all ways go together: to where they part, or to the end of the longest."""
    found = list(ways)
    agreed: tuple[Step, ...] = ()
    while True:
        size = len(agreed)
        ahead = {way[size] for way in found if len(way) > size and way[:size] == agreed}
        if len(ahead) != 1:
            return agreed
        agreed = (*agreed, ahead.pop())


def find_sides(ways: Mapping[str, tuple[Step, ...]]) -> dict[str, tuple[Step, ...]]:
    """Find the links beyond the agreed way, each with what it and those before it would do from there."""
    size = len(find_agreed(ways.values()))
    return {one: way[size:] for one, way in ways.items() if len(way) > size}


def find_step(
    register: Register, state: str, paused_in: str, before: Iterable[Step], action: str
) -> tuple[Transition | None, str]:
    """Find the step that an action is after some others, and the state it would be taken in.

    Parameters
    ----------
    state
        In which the way begins.
    paused_in
        The state that a pause at its beginning leads back to; empty without one.
    """
    for earlier, _ in before:
        step = register.find(state, earlier)
        if step is None:
            return None, state
        if step.to_state == BEFORE:
            state = paused_in
        elif step.to_state not in (SAME, AGREED):
            state = step.to_state
    return register.find(state, action), state
