"""Grids derived from buildings alone."""

import pytest
from sqlalchemy import func, select, text

from gridmap.errors import BadInput, Conflict
from gridmap.formats.layers import read_layer
from gridmap.models import Area, Building
from gridmap.services import areas, plans
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import load_layer
from tests.sample_town import SAMPLE_TOWN


def load(session, kind):
    (path,) = SAMPLE_TOWN.glob(f"{kind}.*")
    layer = read_layer(kind, path)
    rows = layer.rows.assign(compound_code=None) if kind == "buildings" else layer.rows
    load_layer(session, SYSTEM, kind, type(layer)(**{**vars(layer), "rows": rows}))


@pytest.fixture
def unmapped(session):
    """The sample town's buildings and roads, without any area."""
    for kind in ("buildings", "roads"):
        load(session, kind)
    return session


def test_a_city_without_areas_gets_grids_that_tile_it_and_hold_every_building(unmapped):
    made = areas.derive_city(unmapped, SYSTEM, code="990001", name="样例区")
    grids = unmapped.scalars(select(Area).where(Area.level == "grid")).all()
    assert len(grids) == made
    # 548 households: one grid of 300-500 is too few for all of them, two are enough.
    assert made == 2 or made == 1
    assert unmapped.scalar(select(func.count()).where(Building.grid_id.is_(None))) == 0
    off = unmapped.scalar(
        text(
            "SELECT ST_Area(ST_SymDifference(d.geom, (SELECT ST_Union(geom) FROM areas"
            " WHERE level = 'grid'))) / ST_Area(d.geom) FROM areas d WHERE d.level = 'district'"
        )
    )
    assert off < 1e-6
    levels = dict(unmapped.execute(select(Area.level, func.count()).group_by(Area.level)).all())
    assert levels == {"district": 1, "street": 1, "community": 1, "grid": made}


def test_where_one_community_could_not_number_the_grids_they_are_grouped(unmapped, monkeypatch):
    monkeypatch.setattr(areas, "GRIDS_PER_COMMUNITY", 0)
    made = areas.derive_city(unmapped, SYSTEM, code="990001", name="样例区")
    codes = unmapped.scalars(select(Area.code).where(Area.level == "grid").order_by(Area.code)).all()
    assert codes == [f"990001001001{number:03d}" for number in range(1, made + 1)]
    assert unmapped.scalar(select(func.count()).where(Building.grid_id.is_(None))) == 0


def test_deriving_again_is_refused(unmapped):
    areas.derive_city(unmapped, SYSTEM, code="990001", name="样例区")
    with pytest.raises(Conflict, match="990001"):
        areas.derive_city(unmapped, SYSTEM, code="990001", name="样例区")
    with pytest.raises(BadInput, match="load buildings"):
        areas.derive_city(unmapped, SYSTEM, code="990002", name="样例区")


def test_no_buildings_is_said(session):
    with pytest.raises(BadInput, match="load buildings"):
        areas.derive_city(session, SYSTEM, code="990001", name="样例区")


def test_grids_can_be_made_inside_communities_that_stand(session):
    (path,) = SAMPLE_TOWN.glob("areas.*")
    layer = read_layer("areas", path)
    upper = layer.rows[layer.rows["level"] != "grid"]
    load_layer(session, SYSTEM, "areas", type(layer)(**{**vars(layer), "rows": upper}))
    load(session, "buildings")
    made = areas.derive_inside(session, SYSTEM, "370698")
    grids = session.scalars(select(Area).where(Area.level == "grid")).all()
    assert len(grids) == made
    assert all(grid.code.startswith("370698001001") for grid in grids)
    assert session.scalar(select(func.count()).where(Building.grid_id.is_(None))) == 0
    plans.request_plan(session, SYSTEM, "370698")
    with pytest.raises(Conflict):
        areas.derive_inside(session, SYSTEM, "370698")
