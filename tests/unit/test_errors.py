"""Errors come out of another process as they went in."""

import pickle

import pytest

from gridmap.errors import BadInput, Conflict, FieldError, GridMapError, NotFound, RuleBroken

ERRORS = (
    NotFound(),
    NotFound("no_such", kind="plan", code=7),
    Conflict("plan_being_computed", plan=7),
    BadInput("planning_repeated_id", fields=[FieldError("row 3", "id", "unknown_setting")], table="x", id=3),
    RuleBroken(findings=[{"kind": "gap"}]),
    GridMapError("plan_batch_failed", first=1, last=2, reason="ValueError"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.message)
def test_an_error_travels_whole(error):
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert vars(arrived) == vars(error)
    assert (str(arrived), arrived.detail("zh")) == (str(error), error.detail("zh"))
