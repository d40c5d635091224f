"""Every kind of finding has words, and the words ask for nothing the engine does not tell."""

import re

import pytest

from gridmap.i18n import catalogue
from gridmap.planning.check import CHECK_KINDS
from gridmap.planning.findings import FINDING_KINDS

KINDS = sorted({*CHECK_KINDS, *FINDING_KINDS, "buildings_without_grid", "unassigned"})


@pytest.mark.parametrize("kind", KINDS)
def test_a_finding_has_words_in_both_languages(kind):
    assert f"finding.{kind}" in catalogue()


def test_no_words_are_left_over():
    told = [key for key in catalogue() if re.match(r"(finding|remedy)\.", key)]
    assert {key.split(".")[1] for key in told} == set(KINDS)
