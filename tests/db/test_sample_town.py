"""The sample town of geodata/: every file loads, and every bad variant is refused for its own fault.

The numbers are those of the drawing in geodata/sample_town/README.md.
"""

import pytest
from sqlalchemy import func, select

from gridmap.errors import BadInput
from gridmap.formats.layers import read_layer
from gridmap.models import Area, Building, Entrance, Issue
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import load_layer
from tests.db.lives import load_town
from tests.sample_town import SAMPLE_TOWN

FAULTS = {
    "areas_grid_outside_community.geojson": "outside_parent",
    "areas_no_parent.geojson": "unknown_parent",
    "areas_unknown_level.geojson": "unknown_choice",
    "buildings_cut_short.geojson": "unreadable_file",
    "buildings_duplicate_ids.geojson": "duplicate_key",
    "buildings_metres.geojson": "outside_world",
    "buildings_negative_households.geojson": "out_of_range",
    "buildings_no_id.geojson": "missing_column",
    "buildings_points.geojson": "wrong_geometry_type",
    "buildings_storeys_word.geojson": "not_a_number",
    "buildings_unknown_compound.geojson": "unknown_compound",
    "entrances_unknown_building.csv": "unknown_building",
    "issues_no_date.csv": "not_a_date",
    "listings_unknown_kind.csv": "unknown_choice",
    "postings_ends_before_start.csv": "ends_before_start",
    "postings_unknown_place.csv": "unknown_area",
    "shifts_two_places.csv": "one_of_two",
    "staff_unknown_role.csv": "unknown_role",
    "visits_unknown_kind.csv": "unknown_visit_kind",
}


def load(session, kind, path):
    return load_layer(session, SYSTEM, kind, read_layer(kind, path))


@pytest.fixture
def town(copy_with):
    with copy_with("sample-town", load_town).transaction() as session:
        yield session


def test_the_households_of_the_drawing_come_out(town):
    by_grid = select(Area.code, func.sum(Building.households)).join(Building, Building.grid_id == Area.id)
    rows = dict(tuple(row) for row in town.execute(by_grid.group_by(Area.code)))
    assert rows == {"370698001001001": 288, "370698001001002": 260}
    assert town.scalar(select(func.sum(Entrance.households))) == 548
    assert town.scalar(select(func.count(Entrance.id))) == 29


def test_the_issue_without_coordinates_is_flagged(town):
    flagged = town.scalars(select(Issue.source_id).where(func.cardinality(Issue.flags) > 0)).all()
    assert flagged == ["4"]


def test_every_bad_file_has_its_fault_named_here():
    assert {path.name for path in (SAMPLE_TOWN / "bad").iterdir()} == set(FAULTS)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_bad_file_is_refused_for_its_own_fault_and_nothing_is_written(town, name):
    kind = name.split("_")[0]
    before = [town.scalar(select(func.count(model.id))) for model in (Area, Building, Entrance, Issue)]
    with pytest.raises(BadInput) as refused:
        load(town, kind, SAMPLE_TOWN / "bad" / name)
    assert FAULTS[name] in {field.reason for field in refused.value.fields}
    assert before == [
        town.scalar(select(func.count(model.id))) for model in (Area, Building, Entrance, Issue)
    ]
