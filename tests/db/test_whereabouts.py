"""Where am I, and who answers here, in the sample town: by points and by addresses as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridmap.errors import NotFound, NotSignedIn
from gridmap.services.actors import SYSTEM, VISITOR, Actor
from gridmap.services.addresses import build_patterns, read_address
from gridmap.services.places import get_area
from gridmap.services.whereabouts import describe_whereabouts, find_addresses

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_a_point_in_a_building_names_who_answers(town: Session):
    here = describe_whereabouts(town, SYSTEM, 120.8003, 37.75035)  # in B01
    assert here.building is not None
    assert (here.building.address, here.building.distance_m) == ("东风路8号 纺织厂家属院 1号楼", 0)
    assert [area.level for area in here.areas] == ["grid", "community", "street", "district"]
    assert [person.code[-7:] for person in here.people] == ["EH-0001", "BH-0001", "GO-0001", "CW-0001"]


def test_beside_a_building_is_at_it_and_farther_is_not(town: Session):
    # B01 ends at 120.8009 E: a ten-thousandth of a degree is 8.8 m; B02 begins at 120.8011 E.
    here = describe_whereabouts(town, SYSTEM, 120.80096, 37.75035)
    assert here.building is not None
    assert here.building.address.endswith("1号楼")
    assert here.building.distance_m == pytest.approx(5.3, abs=0.2)
    away = describe_whereabouts(town, SYSTEM, 120.8019, 37.7519)
    assert away.building is None
    assert "370698-GO-0001" in {person.code for person in away.people}


def test_a_point_must_lie_in_ones_own_areas(town: Session):
    east = get_area(town, SYSTEM, "370698001001002")
    here = Actor(account_id=None, username="f", role="field", area_ids=(east.id,))
    with pytest.raises(NotFound):
        describe_whereabouts(town, here, 120.8003, 37.75035)
    with pytest.raises(NotSignedIn):
        find_addresses(town, VISITOR, "东风路")
    assert find_addresses(town, here, "纺织厂家属院3号楼") == []


@pytest.mark.parametrize(
    ("written", "entrance"),
    [
        ("东风路8号 纺织厂家属院 3号楼", None),
        ("纺织厂家属院3号楼", None),
        ("纺织厂家属院三号楼", None),
        ("纺织厂家属院3栋2单元301", 2),
        ("纺织场家属院3号楼二单元", 2),  # a slip of the pen
        ("纺织厂家属院３号楼", None),  # full width
        ("东风路8号纺织厂3号楼", None),
        ("东风路８号　纺织厂家属院　３号楼", None),  # full-width figures and spaces
        ("东风路8號 紡织厂家属院 3號樓", None),  # traditional letters, one of them unknown
        ("山东省烟台市蓬莱区东风路8号纺织厂家属院3号楼", None),  # more than the register holds
        ("东凤路8号 纺织厂家属院 3号楼", None),  # a wrong letter in the street
        ("东风路8号 纺织厂家属院 3号搂", None),  # in the number of the building
        ("东风路8号纺织厂家属院3号楼二单元5层501室", 2),
        ("东风路8号 纺织厂家属院 3号楼 五层501", None),  # a floor, and no entrance
        ("纺织厂家属园3号搂", None),  # two slips in few letters
    ],
)
def test_an_address_is_found_as_people_write_it(town: Session, written: str, entrance: int | None):
    best = find_addresses(town, SYSTEM, written)[0]
    assert (best.address, best.entrance_number) == ("东风路8号 纺织厂家属院 3号楼", entrance)


def test_the_address_itself_scores_one_and_nonsense_finds_nothing(town: Session):
    assert find_addresses(town, SYSTEM, "东风路8号 纺织厂家属院 3号楼")[0].score == 1
    assert find_addresses(town, SYSTEM, "火星基地") == []
    assert find_addresses(town, SYSTEM, "  ") == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("幸福里十二号楼", ("幸福里12号楼", None)),
        ("幸福里十号楼一单元", ("幸福里10号楼", 1)),
        ("幸福里二十一幢", ("幸福里21号楼", None)),
        ("一心路8号", ("一心路8号", None)),
        ("幸福里３號樓２單元３層", ("幸福里3号楼", 2)),
        ("幸福里3号楼十二层1201室", ("幸福里3号楼", None)),
        ("幸福里3号楼 501", ("幸福里3号楼", None)),
    ],
)
def test_numerals_are_read(written: str, read: tuple[str, int | None]):
    assert read_address(written) == read


def test_an_address_is_sought_by_all_its_parts_and_by_all_but_one():
    assert build_patterns("海滨市东山区青园街9号 天悦家园 6号楼") == [
        "%青园街%9号%天悦家园%6号楼%",
        "%9号%天悦家园%6号楼%",
        "%青园街%天悦家园%6号楼%",
        "%青园街%9号%6号楼%",
        "%青园街%9号%天悦家园%",
    ]
    # What stands for any letters in a pattern is a letter in an address; a long word is halved.
    assert build_patterns("A_路3号纺织厂家属院")[0] == r"%A\_路%3号%纺织厂%家属院%"
    # Few parts would find half of the city, and two letters are not in the index.
    assert build_patterns("青园街9号") == []
    assert build_patterns("天悦 家园 沿街") == []
