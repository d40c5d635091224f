"""The state machine: it holds together, bad tables are refused, and docs/issues.md says the same."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gridmap.handling import register as table
from gridmap.handling.register import action_text, check_tables, read_register, roles_allowed
from gridmap.i18n import translate
from gridmap.models import issues
from gridmap.models.staff import TIERS
from gridmap.services.actors import ROLES
from gridmap.services.issue_rates import FIGURES

DOCS = Path(__file__).resolve().parents[3] / "docs" / "issues.md"


def test_the_tables_hold_together_and_say_what_the_models_say() -> None:
    register = read_register()
    assert tuple(register.states) == issues.ISSUE_STATES
    closed = {name for name, state in register.states.items() if not state.is_open}
    assert closed == set(issues.CLOSED_STATES)
    assert table.OUTCOMES == issues.OUTCOMES
    assert table.TIERS == TIERS
    assert set(table.ROLES) == {*ROLES, "system", "resident"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"from_state": "lost"}, "lost accept starts in an unknown state"),
        ({"to_state": "lost"}, "reported accept leads to an unknown state"),
        ({"roles": ("king",)}, "reported accept names an unknown role, or none"),
        ({"roles": ()}, "reported accept names an unknown role, or none"),
        ({"gives": ("gold",)}, "reported accept asks for something unknown"),
        ({"outcomes": ("lost",)}, "reported accept has an unknown outcome"),
        ({"resident": "link"}, "reported accept does not say who counts as the resident"),
        ({"to_state": "settled"}, "reported accept has no outcome"),
        ({"to_state": "extended"}, "reported accept pauses without an end"),
        ({"action": "cheer"}, "handling.action_cheer has no name"),
        ({"from_state": "returned"}, "returned accept stands twice"),
    ],
)
def test_a_bad_row_is_refused(changes: dict[str, object], fault: str) -> None:
    register = read_register()
    first, *others = register.transitions
    assert (first.from_state, first.action) == ("reported", "accept")
    assert fault in check_tables(register.states.values(), [replace(first, **changes), *others])


@pytest.mark.parametrize(
    ("without", "fault"),
    [
        ("verify", "verified cannot be reached"),
        ("resume", "extended pauses and leads nowhere back"),
        ("archive", "archived cannot be reached"),
    ],
)
def test_a_missing_step_is_noticed(without: str, fault: str) -> None:
    register = read_register()
    steps = [step for step in register.transitions if step.action != without]
    assert fault in check_tables(register.states.values(), steps)


def test_a_state_without_a_way_out_is_noticed() -> None:
    register = read_register()
    steps = [step for step in register.transitions if step.from_state != "returned"]
    assert check_tables(register.states.values(), steps) == ["returned leads to no end"]


def test_the_documentation_has_the_table() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \| (.*?) \| (.*?) \|$", DOCS.read_text("utf-8"), re.M
    )
    said = {(start, action): (to, roles, gives) for start, action, to, roles, gives in rows}
    made = {
        (step.from_state, step.action): (step.to_state, ", ".join(step.roles), _asked(step))
        for step in read_register().transitions
    }
    assert said == made


def test_the_documentation_names_every_state_and_action() -> None:
    text = DOCS.read_text("utf-8")
    for name, state in read_register().states.items():
        assert f"| `{name}` {state.text('zh')} |" in text
    for action in read_register().actions:
        assert f"`{action}` {action_text(action, 'zh')}" in text


def test_the_documentation_defines_every_figure() -> None:
    text = DOCS.read_text("utf-8")
    for name in FIGURES:
        assert f"| {translate(f'handling.figure_{name}', 'en')} |" in text


def _asked(step: table.Transition) -> str:
    more = [f"outcome ({' / '.join(step.outcomes)})"] if len(step.outcomes) > 1 else []
    if step.resident == table.LINK_OR_DESK:
        assert roles_allowed(step) >= set(table.DESK)
        more.append("by the link, or the desk for the resident")
    if step.apart_from:
        more.append(f"not by who took {step.apart_from}")
    if step.within_days is not None:
        more.append(f"within {step.within_days} days of closing")
    if step.after_days is not None:
        more.append(f"from {step.after_days} days after closing")
    return "; ".join([*step.gives, *more])
