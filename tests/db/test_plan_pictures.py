"""The picture of a plan of the sample town, from the tables to the file."""

from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import select

from gridmap.cli import gridmap
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.models import Area
from gridmap.services import plans
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.micro_grids import list_micro_grids
from gridmap.services.plan_pictures import get_plan_picture
from gridmap.services.plan_runs import create_plan
from tests.db.lives import load_town

DISTRICT, GRID_1, GRID_2 = "370698", "370698001001001", "370698001001002"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def town(copy_with):
    return copy_with("sample-town", load_town)


def test_a_picture_holds_what_the_plan_holds(town):
    plan = create_plan(town, SYSTEM, DISTRICT)
    with town.transaction() as session:
        picture = get_plan_picture(session, SYSTEM, plan.id)
        listed = {row.code: row.households for row in list_micro_grids(session, SYSTEM, plan_id=plan.id)}
    grids = picture.micro_grids
    assert dict(zip(grids["code"], grids["households"], strict=True)) == listed
    assert sum(listed.values()) == 548
    assert set(picture.areas["level"]) == {"district", "street", "community", "grid"}
    # 44 households are under the band, so grid 2 shares a building between two micro-grids.
    assert (picture.buildings["micro_grids"] > 1).any()
    assert (picture.about.area_code, picture.about.band, picture.about.is_part) == (DISTRICT, (50, 80), False)


def test_one_grid_alone(town):
    plan = create_plan(town, SYSTEM, DISTRICT)
    with town.transaction() as session:
        picture = get_plan_picture(session, SYSTEM, plan.id, area_code=GRID_1)
    assert set(picture.micro_grids["grid"]) == {GRID_1} == set(picture.areas["code"])
    assert picture.micro_grids["households"].sum() == 288
    assert picture.buildings["households"].sum() == 288
    assert picture.about.is_part


def test_only_inside_the_plan_and_the_scope(town):
    whole = create_plan(town, SYSTEM, DISTRICT)
    plan = create_plan(town, SYSTEM, GRID_1)
    with town.transaction() as session:
        with pytest.raises(BadInput) as refused:
            get_plan_picture(session, SYSTEM, plan.id, area_code=GRID_2)
        assert GRID_2 in refused.value.fields[0].text("en")
        grid_2 = session.scalars(select(Area.id).where(Area.code == GRID_2)).one()
        neighbour = Actor(2, "planner", "planner", (grid_2,))
        for asked in (plan.id, whole.id, 999):
            with pytest.raises(NotFound):
                get_plan_picture(session, neighbour, asked)
        with pytest.raises(NotFound):
            get_plan_picture(session, SYSTEM, whole.id, area_code="nowhere")
        waiting = plans.request_plan(session, SYSTEM, DISTRICT)
        with pytest.raises(Conflict):
            get_plan_picture(session, SYSTEM, waiting.id)


def test_the_command_draws_both_kinds(town, tmp_path, monkeypatch):
    plan = create_plan(town, SYSTEM, DISTRICT)
    monkeypatch.setenv("DATABASE_URL", town.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDMAP_LANGUAGE", "en")

    def run(*arguments):
        result = CliRunner().invoke(
            gridmap, ["plan", "draw", str(plan.id), *arguments], catch_exceptions=False
        )
        assert result.exit_code == 0
        return result.output

    said = run(str(tmp_path / "town.png"), "--width", "900", "--credit", "© the town")
    assert f"Plan {plan.id} was drawn" in said
    with Image.open(tmp_path / "town.png") as image:
        assert image.width == 900
    run(str(tmp_path / "grid.svg"), "--area", GRID_2, "--language", "zh")
    texts = ["".join(text.itertext()) for text in ET.parse(tmp_path / "grid.svg").iter(f"{SVG}text")]
    assert any("微网格划分图" in text for text in texts)
    with pytest.raises(BadInput):
        run(str(tmp_path / "town.doc"))
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["grid.svg", "town.png"]


def test_the_group_lists_the_command_without_loading_it():
    result = CliRunner().invoke(gridmap, ["plan", "--help"])
    assert "draw" in result.output
    assert "PLAN_ID FILE" in CliRunner().invoke(gridmap, ["plan", "draw", "--help"]).output
