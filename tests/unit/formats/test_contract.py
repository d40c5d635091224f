"""The import contract is complete, and says the same as the tables."""

import csv
from pathlib import Path

import pytest

from gridmap.formats.checking import COERCE
from gridmap.formats.contract import (
    GEOMETRY_TYPES,
    attributes_of,
    contract,
    geometry_of,
    issue_states,
    key_of,
    kinds,
)
from gridmap.models import issues, places
from gridmap.services.exchange import ACTIONS

REGISTER = Path(__file__).parents[3] / "geodata" / "import_columns.csv"


def test_the_package_reads_the_register_of_the_checkout() -> None:
    with REGISTER.open(encoding="utf-8") as lines:
        rows = [(row["kind"], row["column"]) for row in csv.DictReader(lines)]
    assert [(kind, column.name) for kind in kinds() for column in contract()[kind]] == rows


def test_every_kind_can_be_loaded_and_has_a_key() -> None:
    assert set(kinds()) == set(ACTIONS)
    assert all(key_of(kind) for kind in kinds())
    assert key_of("entrances") == ("building_id", "number")


def test_every_column_is_explained_in_both_languages_and_of_a_known_type() -> None:
    for kind in kinds():
        for column in contract()[kind]:
            assert column.meaning_en, (kind, column.name)
            assert column.meaning_zh, (kind, column.name)
            assert column.type in {*COERCE, *GEOMETRY_TYPES}
            assert bool(column.allowed) or column.type != "choice"


def test_no_name_or_alias_stands_for_two_columns_of_a_kind() -> None:
    for kind in kinds():
        said = [name for c in attributes_of(kind) for name in {c.name, *c.aliases, c.meaning_zh}]
        assert len(said) == len(set(said)), kind


@pytest.mark.parametrize(
    ("kind", "column", "words"),
    [
        ("areas", "level", places.AREA_LEVELS),
        ("areas", "kind", places.AREA_KINDS),
        ("compounds", "kind", places.COMPOUND_KINDS),
        ("buildings", "use", places.BUILDING_USES),
        ("barriers", "kind", places.BARRIER_KINDS),
        ("stations", "kind", places.STATION_KINDS),
    ],
)
def test_a_choice_allows_what_the_table_takes(kind: str, column: str, words: tuple[str, ...]) -> None:
    (found,) = [entry for entry in attributes_of(kind) if entry.name == column]
    assert found.allowed == words


def test_states_of_other_systems_lead_to_states_of_ours() -> None:
    assert set(issue_states().values()) <= set(issues.ISSUE_STATES)
    assert all(word == word.lower().strip() for word in issue_states())


def test_kinds_without_place_have_no_geometry() -> None:
    without = [kind for kind in kinds() if geometry_of(kind) is None]
    assert without == ["staff", "postings", "shifts", "visits", "listings"]
