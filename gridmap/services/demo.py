"""The demo city: loaded the same way as any city's files, with an account for every role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gridmap.errors import BadInput, Conflict, FieldError
from gridmap.formats.demo_city import LAYERS, SIZES, build_demo_city, list_district_codes
from gridmap.formats.layers import layer_of
from gridmap.i18n import translate
from gridmap.models import Account, Area, AuditEntry
from gridmap.services.accounts import create_account, password_fits
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.exchange import load_layer
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from gridmap.db import Database
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
    district
        Name of the district; empty while it is being made up.
    number, districts
        Which district it is, from 1, and how many there are.
    layer
        Kind of the import contract that is being loaded; empty while a district is being made up;
        ``"accounts"`` at the end.
    rows
        Rows of the layer.
    done, total
        Steps done and steps in all.
    """

    district: str
    number: int
    districts: int
    layer: str
    rows: int
    done: int
    total: int

    def text(self, language: str = "zh") -> str:
        """Say the step as one line."""
        if self.layer == "accounts":
            return translate("demo.accounts", language)
        place = {"number": self.number, "districts": self.districts, "district": self.district}
        if not self.layer:
            return translate("demo.building", language, **place)
        layer = translate(f"demo.layer.{self.layer}", language)
        return translate("demo.step", language, layer=layer, rows=self.rows, **place)


@dataclass(frozen=True)
class DemoReport:
    """What was built.

    Attributes
    ----------
    codes
        Codes of the districts.
    loaded
        Those among them that were loaded now; the others were there.
    rows, households
        Rows of each kind and households of the whole city.
    hot_spots, uncovered_grids
        Where and when issues were made twice as frequent, and grids without an officer, in what was loaded.
    sign_ins
        User name and password of the demo accounts; a name that was taken keeps its password and is left out.
    """

    codes: tuple[str, ...]
    loaded: tuple[str, ...]
    rows: Mapping[str, int]
    households: int
    hot_spots: tuple[HotSpot, ...]
    uncovered_grids: tuple[str, ...]
    sign_ins: Mapping[str, str]


@dataclass
class _Run:
    """One building of a demo city, which may take several starts.

    Attributes
    ----------
    day
        The day the rosters lie around.
    built
        Code of each district that is there as of that day -> what its audit entry tells.
    """

    size: str
    seed: int
    day: date
    built: dict[str, dict[str, Any]]

    @property
    def codes(self) -> tuple[str, ...]:
        return list_district_codes(self.size)

    @property
    def missing(self) -> list[str]:
        return [code for code in self.codes if code not in self.built]

    def source_of(self, code: str) -> str:
        """Name the source of a district's rows: its own, as of an office that sends its own files."""
        return DEMO_SOURCE if len(self.codes) == 1 else f"{DEMO_SOURCE}-{code}"


def build_demo(
    database: Database,
    actor: Actor,
    size: str = "district",
    seed: int = 1,
    progress: Callable[[DemoStep], None] | None = None,
    *,
    today: date | None = None,
) -> DemoReport:
    """Make a demo city and load it, a transaction a district; what is there already is left alone.

    A district is there whole or not at all. A run that was stopped is continued by the next one, as of the
    first one's day; the accounts come with the last district.

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
    with database.transaction() as session:
        run = _find_run(session, size, seed, today)
    tell = _Teller(run, progress or (lambda _step: None))
    missing = run.missing
    districts = build_demo_city(size, seed, run.day, frozenset(missing))
    hot_spots: list[HotSpot] = []
    uncovered: list[str] = []
    sign_ins: dict[str, str] = {}
    for code in missing:
        tell.start(code)
        district = next(districts)
        with database.transaction() as session:
            run.built[code] = _load_district(session, actor, run, district, tell)
            if code == missing[-1]:
                sign_ins = _create_accounts(session, actor, run)
                record(session, actor, "built", "demo", size, seed=seed, districts=list(run.codes))
        hot_spots += district.hot_spots
        uncovered += district.uncovered_grids
    tell.finish(len(sign_ins))
    rows = {kind: sum(built["rows"][kind] for built in run.built.values()) for kind in LAYERS}
    households = sum(built["households"] for built in run.built.values())
    loaded = tuple(missing)
    return DemoReport(run.codes, loaded, rows, households, tuple(hot_spots), tuple(uncovered), sign_ins)


def find_unfinished_size(session: Session) -> str | None:
    """Find the size of the demo city whose building was stopped; None when there is no such city."""
    last = session.scalar(
        select(AuditEntry)
        .where(AuditEntry.subject.in_(("demo", "demo_district")), AuditEntry.action == "built")
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return None if last is None or last.subject == "demo" else str(last.details["size"])


def list_open_sign_ins(session: Session) -> dict[str, str]:
    """List the demo sign-ins that still hold: user name and password of accounts nobody has changed."""
    accounts = session.scalars(select(Account).where(Account.username.in_(DEMO_SIGN_INS), Account.active))
    return {
        account.username: DEMO_SIGN_INS[account.username]
        for account in sorted(accounts, key=lambda account: list(DEMO_SIGN_INS).index(account.username))
        if _opens(account.username, account.password_hash)
    }


@cache
def _opens(username: str, password_hash: str | None) -> bool:
    """Tell whether the demo password still fits; kept, since the sign-in page asks at every view."""
    return password_fits(Account(username=username, password_hash=password_hash), DEMO_SIGN_INS[username])


class _Teller:
    """Counts the steps of a run and tells them."""

    def __init__(self, run: _Run, progress: Callable[[DemoStep], None]) -> None:
        self._codes, self._progress = run.codes, progress
        self._done = len(run.built) * (1 + len(LAYERS))
        self._total = len(run.codes) * (1 + len(LAYERS)) + 1
        self._number = 0

    def start(self, code: str) -> None:
        """Tell that a district is being made up."""
        self._number = self._codes.index(code) + 1
        self._tell("", "", 0)

    def load(self, district: str, layer: str, rows: int) -> None:
        """Tell that a layer of it is being loaded."""
        self._done += 1
        self._tell(district, layer, rows)

    def finish(self, accounts: int) -> None:
        """Tell that all is done."""
        self._done = self._total
        self._tell("", "accounts", accounts)

    def _tell(self, district: str, layer: str, rows: int) -> None:
        count = len(self._codes)
        self._progress(DemoStep(district, self._number, count, layer, rows, self._done, self._total))


def _find_run(session: Session, size: str, seed: int, today: date | None) -> _Run:
    """Find what is there of the city, in the audit, where every district leaves an entry as it is committed.

    Raises Conflict where another city, or a demo city of another size or seed, is in the database.
    """
    expected = list_district_codes(size)
    others = select(Area.code).where(Area.level == "district", Area.code.not_in(expected)).limit(1)
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject.in_(("demo", "demo_district")), AuditEntry.action == "built")
        .order_by(AuditEntry.id)
    ).all()
    for entry in entries:
        size_there = entry.subject_id if entry.subject == "demo" else entry.details["size"]
        if (size_there, entry.details["seed"]) != (size, seed):
            raise Conflict("demo_city_there")
    if session.scalar(others) is not None:
        raise Conflict("demo_city_there")
    districts = [entry for entry in entries if entry.subject == "demo_district"]
    finished = max((entry.id for entry in entries if entry.subject == "demo"), default=0)
    begun = [date.fromisoformat(entry.details["day"]) for entry in districts if entry.id > finished]
    day = today or (begun or [datetime.now(ZoneInfo(LOCAL_ZONE)).date()])[-1]
    built = {e.subject_id: e.details for e in districts if e.details["day"] == day.isoformat()}
    return _Run(size, seed, day, built)


def _load_district(
    session: Session, actor: Actor, run: _Run, district: DemoDistrict, tell: _Teller
) -> dict[str, Any]:
    """Load the layers of a district and note in the audit that it is there; gives the figures noted."""
    for kind, frame in district.layers.items():
        tell.load(district.name, kind, len(frame))
        load_layer(session, actor, kind, layer_of(kind, frame), source=run.source_of(district.code))
    figures = {
        "rows": {kind: len(frame) for kind, frame in district.layers.items()},
        "households": int(district.layers["buildings"]["households"].sum()),
        "officer": _busiest_officer(district),
    }
    known = {"size": run.size, "seed": run.seed, "day": run.day.isoformat()}
    record(session, actor, "built", "demo_district", district.code, **known, **figures)
    return figures


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


def _create_accounts(session: Session, actor: Actor, run: _Run) -> dict[str, str]:
    """Create an account for every role; names that are taken are left as they are."""
    officer, community = run.built[run.codes[0]]["officer"]
    taken = set(session.scalars(select(Account.username).where(Account.username.in_(DEMO_SIGN_INS))))
    created = {name: password for name, password in DEMO_SIGN_INS.items() if name not in taken}
    for username, password in created.items():
        areas = {"admin": [], "field": [community]}.get(username, list(run.codes))
        create_account(
            session,
            actor,
            username,
            password=password,
            role=username,
            area_codes=areas,
            staff_code=officer if username == "field" else None,
        )
    return created
