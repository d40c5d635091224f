"""``gridmap demo``: a believable city, built, split and published; plain ``gridmap`` starts with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gridmap.formats.demo_city import SIZES
from gridmap.services import plans
from gridmap.services.actors import SYSTEM
from gridmap.services.demo import build_demo, list_open_sign_ins
from gridmap.services.places import list_areas

if TYPE_CHECKING:
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
    """Build the demo district where there is no city yet; finish what a stopped first start left undone."""
    with database.transaction() as session:
        empty = not list_areas(session, SYSTEM, level="district", limit=1)
        sign_ins = list_open_sign_ins(session)
    if empty:
        build_city(entrance, database, "district", FIRST_SEED)
    if empty or sign_ins:
        publish_unplanned(entrance, database)
        say_sign_ins(entrance, database)


def build_city(entrance: Entrance, database: Database, size: str, seed: int) -> None:
    """Make the city up and load it, in one transaction."""
    with entrance.progress("demo.city") as tell, database.transaction() as session:

        def follow(step: DemoStep) -> None:
            tell(step.done, step.total)

        report = build_demo(session, SYSTEM, size, seed, follow)
    entrance.say(
        "demo.built",
        districts=len(report.codes),
        buildings=report.rows["buildings"],
        households=report.households,
        staff=report.rows["staff"],
        issues=report.rows["issues"],
    )


def publish_unplanned(entrance: Entrance, database: Database) -> None:
    """Divide and publish every district of which nothing is published yet."""
    with database.transaction() as session:
        districts = [area.code for area in list_areas(session, SYSTEM, level="district")]
        unplanned = [
            code for code in districts if not plans.list_micro_grids(session, SYSTEM, area_code=code, limit=1)
        ]
    for code in unplanned:
        with entrance.progress("plans.computing", area=code) as tell:
            made = plans.create_plan(database, SYSTEM, code, progress=tell)
        with database.transaction() as session:
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
