"""The state machine of issues: `states.csv` and `transitions.csv`, refused unless they hold together.

The services, the API, the buttons of the pages and docs/issues.md are all made from it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from gridmap.i18n import LANGUAGES, catalogue, translate

FIRST = "reported"
BEFORE, SAME, AGREED = "before", "same", "agreed"
"""Steps that lead back to the state before a pause, change no state, or lead back to where all had agreed."""
RESIDENT, SYSTEM = "resident", "system"
ROLES = ("admin", "official", "dispatcher", "planner", "field", SYSTEM, RESIDENT)
DESK = ("admin", "official", "dispatcher")
"""Who may write down what a resident says at the desk or by phone."""
GIVES = ("note", "parent", "until", "rating", "dispatched_to")
OUTCOMES = ("fixed", "cannot_fix", "not_ours", "merged", "withdrawn", "void")
TIERS = ("compound", "community", "street", "department")
CLOCKS = ("accept", "settle", "report", "whistle")
LINK, LINK_OR_DESK = "link", "link_or_desk"


@dataclass(frozen=True)
class State:
    """A state of an issue.

    Attributes
    ----------
    is_open
        Whether somebody still has to do something before the matter is settled; only then can it be overdue.
    ends
        The clocks that stop when it is reached.
    pauses
        Whether the clocks stand still in it.
    """

    name: str
    is_open: bool
    ends: tuple[str, ...]
    pauses: bool

    def text(self, language: str) -> str:
        """Name it for a reader."""
        return translate(f"pages.state_{self.name}", language)


@dataclass(frozen=True)
class Transition:
    """A legal step.

    Attributes
    ----------
    to_state
        A state, `BEFORE`, `SAME`, or `AGREED`.
    roles
        Who may take it.
    gives
        What must come with it, of `GIVES`.
    outcomes
        Outcomes to choose from; a single one is set by the step itself.
    resident
        Who counts as the resident: `LINK`, who holds the secret link; `LINK_OR_DESK`, the desk may also
        write it down for the resident; empty: it is no resident's step.
    apart_from
        An action that whoever takes this step must not have taken on the same issue; empty: none.
    within_days, after_days
        Days since the issue was closed up to which, and from which, it may be taken.
    """

    from_state: str
    action: str
    to_state: str
    roles: tuple[str, ...]
    gives: tuple[str, ...]
    outcomes: tuple[str, ...]
    resident: str
    apart_from: str
    within_days: int | None
    after_days: int | None


@dataclass(frozen=True)
class Register:
    """All states and legal steps."""

    states: Mapping[str, State]
    transitions: tuple[Transition, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """All actions in the order of the table."""
        return tuple(dict.fromkeys(step.action for step in self.transitions))

    def find(self, state: str, action: str) -> Transition | None:
        """Find the step that an action is in a state."""
        return next((step for step in self.steps_from(state) if step.action == action), None)

    def steps_from(self, state: str) -> tuple[Transition, ...]:
        """Give the legal steps from a state."""
        return tuple(step for step in self.transitions if step.from_state == state)

    def roles_of(self, action: str) -> frozenset[str]:
        """Give who may take an action in some state, those who may for the resident included."""
        return frozenset(
            role for step in self.transitions if step.action == action for role in roles_allowed(step)
        )


def roles_allowed(step: Transition) -> frozenset[str]:
    """Give who may take a step, those who may write it down for the resident included."""
    return frozenset(step.roles) | (frozenset(DESK) if step.resident == LINK_OR_DESK else frozenset())


def action_text(action: str, language: str) -> str:
    """Name an action for a reader, as on its button."""
    return translate(f"handling.action_{action}", language)


@cache
def read_register() -> Register:
    """Read both tables.

    Raises
    ------
    ValueError
        If they do not hold together; says all that is wrong.
    """
    states = tuple(_as_state(row) for row in _read_rows("states.csv"))
    transitions = tuple(_as_transition(row) for row in _read_rows("transitions.csv"))
    if faults := check_tables(states, transitions):
        raise ValueError("; ".join(faults))
    return Register({state.name: state for state in states}, transitions)


def check_tables(states: Iterable[State], transitions: Iterable[Transition]) -> list[str]:
    """Check that the tables hold together; gives all that is wrong."""
    known = {state.name: state for state in states}
    steps = tuple(transitions)
    faults = [fault for step in steps for fault in _check_step(step, known)]
    pairs = [(step.from_state, step.action) for step in steps]
    faults += [
        f"{state} {action} stands twice" for state, action in pairs if pairs.count((state, action)) > 1
    ]
    faults += [
        f"{name} stops an unknown clock" for name, state in known.items() if set(state.ends) - set(CLOCKS)
    ]
    faults += [f"{name} cannot be reached" for name in known if name not in _reached(steps)]
    ended = {name for name, state in known.items() if not state.is_open}
    faults += [
        f"{name} leads to no end" for name in known.keys() - ended if not ended & _reached(steps, name)
    ]
    backs = {step.from_state for step in steps if step.to_state == BEFORE}
    faults += [
        f"{name} pauses and leads nowhere back"
        for name, state in known.items()
        if state.pauses != (name in backs)
    ]
    names = [f"pages.state_{name}" for name in known]
    names += [f"handling.action_{step.action}" for step in steps]
    texts = catalogue()
    return faults + [
        f"{key} has no name" for key in dict.fromkeys(names) if set(texts.get(key, {})) != set(LANGUAGES)
    ]


def _check_step(step: Transition, known: Mapping[str, State]) -> list[str]:
    """Check one row by itself."""
    where = f"{step.from_state} {step.action}"
    to = known.get(step.to_state)
    checks = (
        (step.from_state in known, "starts in an unknown state"),
        (to is not None or step.to_state in (BEFORE, SAME, AGREED), "leads to an unknown state"),
        (bool(step.roles) and set(step.roles) <= set(ROLES), "names an unknown role, or none"),
        (set(step.gives) <= set(GIVES), "asks for something unknown"),
        (set(step.outcomes) <= set(OUTCOMES), "has an unknown outcome"),
        (step.resident in ("", LINK, LINK_OR_DESK), "does not say who counts as the resident"),
        ((RESIDENT in step.roles) == bool(step.resident), "does not say who counts as the resident"),
        (to is None or not to.pauses or "until" in step.gives, "pauses without an end"),
        (
            to is None or step.to_state not in ("settled", "merged", "void") or bool(step.outcomes),
            "has no outcome",
        ),
        (step.action != "merge" or "parent" in step.gives, "merges into nothing"),
    )
    return [f"{where} {fault}" for holds, fault in checks if not holds]


def _reached(steps: tuple[Transition, ...], start: str = FIRST) -> set[str]:
    """Give the states that can follow from one, itself included."""
    found = [start]
    for state in found:
        ways = [step.to_state for step in steps if step.from_state == state]
        found += [way for way in dict.fromkeys(ways) if way not in (*found, BEFORE, SAME, AGREED)]
    return set(found)


def _read_rows(name: str) -> list[dict[str, str]]:
    text = files("gridmap.handling").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _as_state(row: Mapping[str, str]) -> State:
    return State(row["state"], row["is_open"] == "yes", tuple(row["ends"].split()), row["pauses"] == "yes")


def _as_transition(row: Mapping[str, str]) -> Transition:
    return Transition(
        from_state=row["from_state"],
        action=row["action"],
        to_state=row["to_state"],
        roles=tuple(row["roles"].split()),
        gives=tuple(row["gives"].split()),
        outcomes=tuple(row["outcomes"].split()),
        resident=row["resident"],
        apart_from=row["apart_from"],
        within_days=int(row["within_days"]) if row["within_days"] else None,
        after_days=int(row["after_days"]) if row["after_days"] else None,
    )
