"""The demo city: loaded the same way as any city's files, with an account for every role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gridmap.errors import BadInput, Conflict, FieldError
from gridmap.formats.demo_city import LAYERS, SIZES, build_demo_city, list_district_codes
from gridmap.formats.layers import LOCAL_ZONE, layer_of
from gridmap.i18n import translate
from gridmap.models import Account, Area, AuditEntry
from gridmap.services.accounts import create_account, password_fits
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.exchange import load_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from gridmap.formats.demo_city import DemoDistrict, HotSpot

DEMO_SOURCE = "demo"
# Sign-ins of a city that nobody lives in; they are printed and documented on purpose.
DEMO_SIGN_INS: Mapping[str, str] = {
    "admin": "gridmap-admin",
    "planner": "gridmap-planner",
    "official": "gridmap-official",
    "dispatcher": "gridmap-dispatcher",
    "field": "gridmap-field",
}


@dataclass(frozen=True)
class DemoStep:
    """What is being done, and how much of the whole is behind it.

    Attributes
    ----------
    layer
        Kind of the import contract; empty while a district is being made up; ``"accounts"`` at the end.
    done, total
        Steps done and steps in all.
    """

    district: str
    layer: str
    rows: int
    done: int
    total: int

    def text(self, language: str = "zh") -> str:
        """Say the step as one line."""
        if self.layer == "accounts":
            return translate("demo.accounts", language)
        if not self.layer:
            return translate("demo.building", language, district=self.district)
        layer = translate(f"demo.layer.{self.layer}", language)
        return translate("demo.step", language, district=self.district, layer=layer, rows=self.rows)


@dataclass(frozen=True)
class DemoReport:
    """What was built.

    Attributes
    ----------
    codes
        Codes of the districts.
    rows
        Rows loaded of each kind.
    hot_spots
        Where and when issues were made twice as frequent.
    sign_ins
        User name and password of the demo accounts; a name that was taken keeps its password and is left out.
    """

    codes: tuple[str, ...]
    rows: Mapping[str, int]
    households: int
    hot_spots: tuple[HotSpot, ...]
    uncovered_grids: tuple[str, ...]
    sign_ins: Mapping[str, str]


def build_demo(
    session: Session,
    actor: Actor,
    size: str = "district",
    seed: int = 1,
    progress: Callable[[DemoStep], None] | None = None,
    *,
    today: date | None = None,
) -> DemoReport:
    """Make a demo city and load it; building the same one again changes nothing.

    Parameters
    ----------
    size
        ``"town"``, ``"district"`` or ``"city"``.
    today
        The day the rosters lie around; the current day in China when not given.

    Raises
    ------
    BadInput
        If there is no such size.
    Conflict
        If another city, or a demo city of another size or seed, is in the database.
    """
    require(actor, "accounts.write")
    if size not in SIZES:
        hint = ", ".join(SIZES)
        raise BadInput(
            "demo_size_unknown",
            size=size,
            allowed=hint,
            fields=[FieldError("demo", "size", "api_not_one_of", value=size, hint=hint)],
        )
    tell = progress or (lambda _step: None)
    today = today or datetime.now(ZoneInfo(LOCAL_ZONE)).date()
    expected = list_district_codes(size)
    _refuse_other_cities(session, expected, size, seed)
    total = len(expected) * (1 + len(LAYERS)) + 1
    done, households = 0, 0
    rows = dict.fromkeys(LAYERS, 0)
    codes: list[str] = []
    hot_spots: list[HotSpot] = []
    uncovered: list[str] = []
    officer = ("", "")
    for district in build_demo_city(size, seed, today):
        done += 1
        tell(DemoStep(district.name, "", 0, done, total))
        for kind, frame in district.layers.items():
            load_layer(session, actor, kind, layer_of(kind, frame), source=DEMO_SOURCE)
            rows[kind] += len(frame)
            done += 1
            tell(DemoStep(district.name, kind, len(frame), done, total))
        households += int(district.layers["buildings"]["households"].sum())
        officer = officer if codes else _busiest_officer(district)
        codes.append(district.code)
        hot_spots += district.hot_spots
        uncovered += district.uncovered_grids
    sign_ins = _create_accounts(session, actor, codes, officer)
    tell(DemoStep("", "accounts", len(sign_ins), total, total))
    record(session, actor, "built", "demo", size, seed=seed, districts=codes)
    return DemoReport(tuple(codes), rows, households, tuple(hot_spots), tuple(uncovered), sign_ins)


def list_open_sign_ins(session: Session) -> dict[str, str]:
    """List the demo sign-ins that still hold: user name and password of accounts nobody has changed."""
    accounts = session.scalars(select(Account).where(Account.username.in_(DEMO_SIGN_INS), Account.active))
    return {
        account.username: DEMO_SIGN_INS[account.username]
        for account in sorted(accounts, key=lambda account: list(DEMO_SIGN_INS).index(account.username))
        if password_fits(account, DEMO_SIGN_INS[account.username])
    }


def _refuse_other_cities(session: Session, codes: tuple[str, ...], size: str, seed: int) -> None:
    """Refuse to lay a demo city over another city, or over a demo city of another size or seed."""
    others = select(Area.code).where(Area.level == "district", Area.code.not_in(codes)).limit(1)
    built = select(AuditEntry).where(AuditEntry.subject == "demo", AuditEntry.action == "built").limit(1)
    before = session.scalar(built)
    same = before is None or (before.subject_id == size and before.details.get("seed") == seed)
    if session.scalar(others) is not None or not same:
        raise Conflict("demo_city_there")


def _busiest_officer(district: DemoDistrict) -> tuple[str, str]:
    """Give the post of the first officer of the grid with most building heads, and its community."""
    staff, postings = district.layers["staff"], district.layers["postings"]
    role_of = staff.set_index("code")["role"]
    officers = postings[
        (postings["place_level"] == "grid") & (postings["staff_code"].map(role_of) == "grid_officer")
    ]
    heads = staff[staff["role"] == "building_head"].groupby("office_code").size()
    officers = officers.assign(heads=officers["place_code"].str[:12].map(heads).fillna(0))
    best = officers.sort_values(["heads", "staff_code"], ascending=[False, True]).iloc[0]
    return str(best["staff_code"]), str(best["place_code"])[:12]


def _create_accounts(
    session: Session, actor: Actor, codes: list[str], officer: tuple[str, str]
) -> dict[str, str]:
    """Create an account for every role; names that are taken are left as they are."""
    taken = set(session.scalars(select(Account.username).where(Account.username.in_(DEMO_SIGN_INS))))
    created = {name: password for name, password in DEMO_SIGN_INS.items() if name not in taken}
    for username, password in created.items():
        areas = {"admin": [], "field": [officer[1]]}.get(username, codes)
        create_account(
            session,
            actor,
            username,
            password=password,
            role=username,
            area_codes=areas,
            staff_code=officer[0] if username == "field" else None,
        )
    return created
