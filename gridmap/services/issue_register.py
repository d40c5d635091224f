"""The state machine in the reader's words: what pages and the API make their lists and buttons from."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.handling.register import Transition, action_text, read_register, roles_allowed
from gridmap.services.actors import Actor, require


@dataclass(frozen=True)
class StateText:
    """A state of the register."""

    state: str
    name: str
    is_open: bool
    ends: tuple[str, ...]
    pauses: bool


@dataclass(frozen=True)
class StepText:
    """A step of the register: what its button says, and what must come with it.

    Attributes
    ----------
    roles
        Who may take it, those who write it down for a resident included.
    outcomes
        To choose from; a single one is set by the step.
    """

    from_state: str
    action: str
    name: str
    to_state: str
    roles: tuple[str, ...]
    gives: tuple[str, ...]
    outcomes: tuple[str, ...]
    within_days: int | None
    after_days: int | None


def list_states(actor: Actor, *, language: str | None = None) -> list[StateText]:
    """List the states in the order of the register."""
    require(actor, "issues.read")
    return [
        StateText(state.name, state.text(language or actor.language), state.is_open, state.ends, state.pauses)
        for state in read_register().states.values()
    ]


def list_transitions(actor: Actor, *, language: str | None = None) -> list[StepText]:
    """List all legal steps in the order of the register."""
    require(actor, "issues.read")
    return [describe_step(step, language or actor.language) for step in read_register().transitions]


def describe_step(step: Transition, language: str) -> StepText:
    """Describe a step in the reader's words."""
    return StepText(
        step.from_state,
        step.action,
        action_text(step.action, language),
        step.to_state,
        tuple(sorted(roles_allowed(step))),
        step.gives,
        step.outcomes,
        step.within_days,
        step.after_days,
    )
