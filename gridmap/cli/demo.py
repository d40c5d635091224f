"""``gridmap demo``: a believable city, built, split and published; plain ``gridmap`` starts with it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from gridmap.formats.demo_city import SIZES
from gridmap.services import plan_runs, plans
from gridmap.services.actors import SYSTEM
from gridmap.services.demo import build_demo, find_unfinished_size, list_open_sign_ins
from gridmap.services.demo_heads import post_heads
from gridmap.services.demo_listings import load_demo_listings
from gridmap.services.demo_notices import send_notices
from gridmap.services.demo_orders import write_orders
from gridmap.services.demo_rosters import roster_police
from gridmap.services.demo_visits import visit_buildings
from gridmap.services.engine import is_compiled
from gridmap.services.micro_grids import list_micro_grids
from gridmap.services.places import list_areas
from gridmap.services.public_figures import publish_figures
from gridmap.services.waivers import waive_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridmap.cli.entrance import Entrance
    from gridmap.db import Database
    from gridmap.services.demo import DemoStep

FIRST_SEED = 1


@click.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="district", show_default=True, help="规模")
@click.option(
    "--seed", type=int, default=FIRST_SEED, show_default=True, help="Same seed, same city. 随机种子"
)
@click.option("--no-plan", is_flag=True, help="Do not divide and publish it. 只生成数据,不划分")
@click.pass_obj
def demo(entrance: Entrance, size: str, seed: int, no_plan: bool) -> None:
    """Make a believable Chinese city, divide it into micro-grids and publish them. 生成演示城市。"""
    with entrance.database() as database:
        build_city(entrance, database, size, seed)
        if not no_plan:
            publish_unplanned(entrance, database)
        say_sign_ins(entrance, database)


def prepare_demo(entrance: Entrance, database: Database) -> None:
    """Build the demo district where there is no city yet; finish what a stopped first start left undone.

    A demo city of many districts takes long and is not waited for here: ``gridmap demo`` goes on with it.
    """
    with database.transaction() as session:
        districts = list_areas(session, SYSTEM, level="district")
        sign_ins = list_open_sign_ins(session)
        unfinished = find_unfinished_size(session)
    if unfinished is not None:
        entrance.say("demo.unfinished", size=unfinished)
    if not districts:
        build_city(entrance, database, "district", FIRST_SEED)
    if not districts or (sign_ins and len(districts) == 1):
        publish_unplanned(entrance, database)
    if not districts or sign_ins:
        say_sign_ins(entrance, database)


def build_city(entrance: Entrance, database: Database, size: str, seed: int) -> None:
    """Make the city up and load it, district by district; go on where an earlier run was stopped."""
    with _city_progress(entrance) as follow:
        report = build_demo(database, SYSTEM, size, seed, follow)
    entrance.say(
        "demo.built",
        districts=len(report.codes),
        buildings=report.rows["buildings"],
        households=report.households,
        staff=report.rows["staff"],
        issues=report.rows["issues"],
    )


@contextmanager
def _city_progress(entrance: Entrance) -> Iterator[Callable[[DemoStep], None]]:
    """Show what is being loaded and how long it will take; a line a district where there is no terminal."""
    if not entrance.console.is_terminal:
        yield _Log(entrance).follow
        return
    columns = (
        TextColumn("· {task.description}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TextColumn(entrance.text("demo.passed")),
        TimeElapsedColumn(),
        TextColumn(entrance.text("demo.left")),
        TimeRemainingColumn(),
    )
    # Layers differ much: the speed is that of some districts, not of the last few steps.
    with Progress(*columns, console=entrance.console, speed_estimate_period=300) as bars:
        bar = bars.add_task(entrance.text("demo.city"), total=None)

        def follow(step: DemoStep) -> None:
            said = step.text(entrance.settings.language)
            bars.update(bar, description=said, completed=step.done, total=step.total)

        yield follow


class _Log:
    """Follows a run in lines: one at the start of each district."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance, self._started_at, self._done_before = entrance, time.monotonic(), -1

    def follow(self, step: DemoStep) -> None:
        """Say a step if it opens a district."""
        if self._done_before < 0:
            self._done_before = step.done
        if step.layer:
            return
        seconds, done = time.monotonic() - self._started_at, step.done - self._done_before
        left = seconds / done * (step.total - step.done) if done else 0.0
        said = step.text(self._entrance.settings.language)
        if done:
            said = self._entrance.text(
                "demo.timed", step=said, minutes=f"{seconds / 60:.1f}", left=f"{left / 60:.1f}"
            )
        self._entrance.console.print(f"· {said}", markup=False)


def publish_unplanned(entrance: Entrance, database: Database) -> None:
    """Divide and publish every district of which nothing is published yet; give micro-grids their heads."""
    with database.transaction() as session:
        districts = [area.code for area in list_areas(session, SYSTEM, level="district")]
        unplanned = [
            code for code in districts if not list_micro_grids(session, SYSTEM, area_code=code, limit=1)
        ]
    if unplanned and not is_compiled():
        entrance.say("demo.compiling")
    for code in districts:
        if code in unplanned:
            _divide(entrance, database, code)
        with database.transaction() as session:
            heads = post_heads(session, SYSTEM, code)
            rostered = roster_police(session, SYSTEM, code)
            visits = visit_buildings(session, SYSTEM, code)
            notices = send_notices(session, SYSTEM, code)
            orders = write_orders(session, SYSTEM, code)
            listings = load_demo_listings(session, SYSTEM, code)
        if heads is not None:
            entrance.say("demo.heads", area=code, heads=len(heads.staff), uncovered=len(heads.uncovered))
        if rostered:
            entrance.say("demo.rostered", area=code, shifts=rostered)
        if visits:
            entrance.say("demo.visited", area=code, visits=visits)
        if notices:
            entrance.say("demo.noticed", area=code, notices=notices)
        if orders:
            entrance.say("demo.ordered", area=code, orders=orders)
        if listings:
            entrance.say("demo.listed", area=code, listings=listings)
    with database.transaction() as session:
        publish_figures(session, SYSTEM)  # a year is told once: of all districts, by their plans


def _divide(entrance: Entrance, database: Database, code: str) -> None:
    """Divide a district and publish the plan."""
    with entrance.progress("plans.computing", area=code) as tell:
        made = plan_runs.create_plan(database, SYSTEM, code, progress=tell)
    with database.transaction() as session:
        # Nobody of the demo city is there to look at what the engine could neither divide nor prove.
        waive_all(session, SYSTEM, made.id, entrance.text("plans.demo_reason"))
        published = plans.publish_plan(session, SYSTEM, made.id)
    entrance.say("plans.published", plan=made.id, **plans.figures_of(published))


def say_sign_ins(entrance: Entrance, database: Database) -> None:
    """Print the demo sign-ins that still open the door."""
    with database.transaction() as session:
        sign_ins = list_open_sign_ins(session)
    if sign_ins:
        entrance.say("demo.sign_ins")
    for username, password in sign_ins.items():
        role = entrance.text(f"demo.role.{username}")
        entrance.console.print(
            f"    {entrance.text('demo.sign_in', username=username, password=password, role=role)}",
            markup=False,
        )
