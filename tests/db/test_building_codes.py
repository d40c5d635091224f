"""Codes of doors: opaque, one valid a door, revoked for good, found by nobody who guesses."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from matplotlib.text import Text
from sqlalchemy import text

from gridmap.errors import BadInput, Gone, NotAllowed, NotFound, TooMany
from gridmap.formats.plan_picture.lettering import find_lettering
from gridmap.formats.stickers import draw_pages, write_stickers
from gridmap.services import building_codes as codes
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.stickers import build_stickers
from tests.spatial_city import fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

BUILDING, NEXT = 100000011, 100000012


@pytest.fixture
def doors(session: Session) -> Session:
    """A city of four grids; one building has three entrances, its neighbour one."""
    fill(session.connection(), columns=2, rows=2, staff=3, days=1, issues=0)
    session.execute(text("UPDATE buildings SET entrance_count = 1"))
    session.execute(text("UPDATE buildings SET entrance_count = 3, name = '1号楼' WHERE id = 100000011"))
    return session


def test_a_door_gets_one_code_and_it_leads_there(doors: Session) -> None:
    issued = codes.issue_codes(doors, SYSTEM, building_id=BUILDING)
    assert [one.entrance_number for one in issued] == [1, 2, 3]
    tokens = [one.token for one in issued]
    assert len(set(tokens)) == 3
    assert all(len(token) == 26 and set(token) <= set(codes.LETTERS) for token in tokens)
    kept = doors.execute(text("SELECT string_agg(c::text, ' ') FROM building_codes c")).scalar_one()
    assert not [token for token in tokens if token in kept]
    for read in (tokens[1], tokens[1].lower(), tokens[1].replace("0", "o").replace("1", "l")):
        found = codes.open_code(doors, read, "here")
        assert found is not None
        assert (found.building_id, found.entrance_number, found.building) == (BUILDING, 2, "1号楼")
    with pytest.raises(BadInput) as refused:
        codes.issue_codes(doors, SYSTEM, building_id=BUILDING)
    assert refused.value.message == "codes_all_issued"
    # An area: whatever has no code yet; 2 x 2 grids of 30 buildings, all but one without.
    assert len(codes.issue_codes(doors, SYSTEM, area_code="D1")) == 4 * 30 - 1


def test_a_code_that_is_replaced_is_gone_for_good(doors: Session) -> None:
    (old,) = codes.issue_codes(doors, SYSTEM, building_id=NEXT)
    (new,) = codes.issue_codes(doors, SYSTEM, building_id=NEXT, replace=True)
    with pytest.raises(Gone) as gone:
        codes.open_code(doors, old.token, "here")
    assert gone.value.status == 410
    found = codes.open_code(doors, new.token, "here")
    assert found is not None
    assert found.entrance_number is None
    assert codes.revoke_codes(doors, SYSTEM, NEXT) == 1
    with pytest.raises(Gone):
        codes.open_code(doors, new.token, "here")
    with pytest.raises(NotFound):
        codes.revoke_codes(doors, SYSTEM, NEXT)
    with pytest.raises(NotAllowed):
        codes.issue_codes(doors, Actor(1, "x", "field"), building_id=NEXT)
    elsewhere = Actor(1, "x", "planner", area_ids=(1000001,))
    with pytest.raises(NotFound):
        codes.issue_codes(doors, elsewhere, building_id=NEXT)


def test_whoever_guesses_finds_nothing_and_is_slowed_down(
    doors: Session, times: Callable[[int, int], int]
) -> None:
    issued = codes.issue_codes(doors, SYSTEM, area_code="D1")
    hits = text("SELECT count(*) FROM building_codes WHERE digest = ANY (:guesses)")
    for _ in range(times(2, 10)):  # at full length a million
        guesses = [codes.digest_of(codes.make_token()) for _ in range(100_000)]
        assert doors.scalar(hits, {"guesses": guesses}) == 0
    assert doors.scalar(hits, {"guesses": [codes.digest_of(one.token) for one in issued]}) == len(issued)
    for _ in range(codes.MISSES):
        assert codes.open_code(doors, secrets.token_hex(13), "guesser") is None
    with pytest.raises(TooMany):
        codes.open_code(doors, "", "guesser")
    assert codes.open_code(doors, "'; DROP TABLE issues; --\ud800", "neighbour") is None
    assert codes.open_code(doors, issued[0].token, "guesser") is not None  # a sticker works even so
    doors.execute(text("UPDATE code_uses SET at = :at"), {"at": datetime.now(UTC) - timedelta(minutes=61)})
    assert codes.open_code(doors, "again", "guesser") is None


def test_who_sends_too_much_does_not_silence_the_neighbours(doors: Session) -> None:
    (issued,) = codes.issue_codes(doors, SYSTEM, building_id=NEXT)
    code = codes.open_code(doors, issued.token, "x")
    assert code is not None
    for _ in range(codes.PER_SENDER_AND_CODE):
        codes.note_use(doors, code, "loud")
    with pytest.raises(TooMany) as refused:
        codes.note_use(doors, code, "loud")
    assert 3500 < refused.value.details["retry_after_s"] <= 3601
    for neighbour in range(9):
        for _ in range(codes.PER_SENDER_AND_CODE):
            codes.note_use(doors, code, f"neighbour {neighbour}")
    with pytest.raises(TooMany):  # the code's own 60 of an hour
        codes.note_use(doors, code, "one more")


def test_stickers_say_door_and_official_address(doors: Session, tmp_path: Path) -> None:
    issued = codes.issue_codes(doors, SYSTEM, area_code="G0-0")  # 30 buildings, one with three entrances
    drawn = build_stickers(issued, "https://shequ.example.gov.cn/")
    assert drawn[0].address == f"https://shequ.example.gov.cn/r/{issued[0].token}"
    written = write_stickers(drawn, tmp_path / "stickers.pdf", language="en")
    assert (written.sheets, written.pages) == (32, 4)
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "stickers.pdf").read_bytes())) == 4
    pages = list(draw_pages(drawn, "en", find_lettering(is_kept=False)))
    said = [part.get_text() for page in pages for part in page.figure.findobj(Text)]
    assert said.count("shequ.example.gov.cn") == 32
    assert said.count("1号楼 Entrance 2") == 1
