"""The table of an order's life holds together."""

from __future__ import annotations

from gridmap.handling.orders import CLOSED, KINDS, PARTS, STATES, list_actions, read_steps, steps_for
from gridmap.i18n import catalogue


def test_every_state_is_reached_and_only_closed_ones_end():
    reached, waiting = {"open"}, ["open"]
    while waiting:
        state = waiting.pop()
        new = {step.to_state for key, step in read_steps().items() if key[0] == state} - reached
        reached |= new
        waiting += new
    assert reached == set(STATES)
    assert {state for state in STATES if not steps_for(state, PARTS)} == set(CLOSED)


def test_who_is_nobody_to_an_order_has_no_step():
    assert [steps_for(state, ()) for state in STATES] == [[]] * len(STATES)
    assert [step.action for step in steps_for("open", ("helper",))] == ["claim"]
    assert [step.action for step in steps_for("claimed", ("claimant",))] == ["give_back", "finish"]
    assert [step.action for step in steps_for("done", ("orderer",))] == ["confirm", "redo"]


def test_everything_has_a_name():
    words = [f"state_{one}" for one in STATES] + [f"action_{one}" for one in list_actions()]
    assert {f"orders.{word}" for word in [*words, *(f"kind_{one}" for one in KINDS)]} <= set(catalogue())
