"""``gridmap plan …``: create, list, check, publish, export and draw plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from gridmap.cli.edges import edges
from gridmap.cli.plan_lives import branch, call_off, compare, return_, roll_back, submit, waive
from gridmap.cli.register import LateGroup
from gridmap.formats.plan_files import write_plan
from gridmap.i18n import catalogue
from gridmap.services import plan_lives, plan_runs, plans
from gridmap.services.actors import SYSTEM
from gridmap.services.locks import lock_micro_grids
from gridmap.services.plan_checks import blocking
from gridmap.services.plan_export import export_plan
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gridmap.cli.entrance import Entrance


LATER = {  # what they need takes a second to load
    "draw": "gridmap.cli.plan_pictures:draw",
    "import": "gridmap.cli.plan_imports:import_",
    "sheets": "gridmap.cli.plan_sheets:sheets",
}


@click.group("plan", cls=LateGroup, register=LATER)
def plan() -> None:
    """Divide areas into micro-grids. 划分微网格。"""


CONFIRM = click.option(
    "--confirm-moved",
    is_flag=True,
    help="Needed when more than a tenth of the households change their micro-grid. 确认大量住户变更",
)


def crew_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say who divides."""
    processes = click.option(
        "--processes",
        type=click.IntRange(1, 1024),
        help="Processes that divide; by default one per core where that is worth it. 计算进程数",
    )
    scheduler = click.option(
        "--scheduler", default="", metavar="ADDRESS", help="Divide on a Dask cluster. 在 Dask 集群上计算"
    )
    return processes(scheduler(command))


@plan.command()
@click.argument("area")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same plan. 随机种子")
@click.option("--min", "households_min", type=int, help="Fewest households of a micro-grid. 最少户数")
@click.option("--max", "households_max", type=int, help="Most households of a micro-grid. 最多户数")
@click.option("--based-on", type=int, help="Keep the locked micro-grids of this plan. 保留该方案锁定的微网格")
@crew_options
@click.pass_obj
def create(
    entrance: Entrance,
    area: str,
    seed: int,
    households_min: int | None,
    households_max: int | None,
    based_on: int | None,
    processes: int | None,
    scheduler: str,
) -> None:
    """Make a draft plan of AREA (its code). 为区域生成划分草案。"""
    band: dict[str, Any] = {"households_min": households_min, "households_max": households_max}
    rules = {name: value for name, value in band.items() if value is not None}
    with entrance.database() as database:
        with database.transaction() as session:
            asked = plans.request_plan(session, SYSTEM, area, seed=seed, rules=rules, based_on=based_on)
        entrance.say("plans.begun", plan=asked.id)
        with entrance.progress("plans.computing", area=area) as tell:
            made = plan_runs.compute_plan(
                database, asked.id, progress=tell, workforce=plan_runs.Workforce(processes, scheduler)
            )
    entrance.say("plans.created", plan=made.id, **plans.figures_of(made))


@plan.command()
@click.argument("plan_id", type=int)
@crew_options
@click.pass_obj
def resume(entrance: Entrance, plan_id: int, processes: int | None, scheduler: str) -> None:
    """Continue a plan whose computation was stopped. 继续被中断的方案。"""
    with entrance.database() as database, entrance.progress("plans.resuming", plan=plan_id) as tell:
        made = plan_runs.resume_plan(
            database, SYSTEM, plan_id, progress=tell, workforce=plan_runs.Workforce(processes, scheduler)
        )
    entrance.say("plans.created", plan=made.id, **plans.figures_of(made))


@plan.command("list")
@click.option("--area", help="Only plans of this area and below. 仅此区域")
@click.pass_obj
def list_(entrance: Entrance, area: str | None) -> None:
    """List plans, newest first. 列出方案。"""
    with entrance.database() as database, database.transaction() as session:
        found = plans.list_plans(session, SYSTEM, area_code=area)
    for one in found:
        figures = plans.figures_of(one) if one.measures else {"micro_grids": "-", "in_band": "-"}
        click.echo(f"{one.id}\t{one.status}\t{figures['micro_grids']}\t{figures['in_band']}")
    if not found:
        entrance.say("plans.none")


@plan.command()
@click.argument("plan_id", type=int)
@click.pass_obj
def check(entrance: Entrance, plan_id: int) -> None:
    """Verify a plan against the data of today; exit 1 if something blocks it. 校验方案。"""
    with entrance.database() as database, database.transaction() as session:
        findings = plans.check_plan(session, SYSTEM, plan_id)
    for finding in findings:
        cells = [
            finding["severity"],
            finding["kind"],
            finding["micro_grid"] or finding["grid"] or "-",
            entrance.text(_key_of(finding), **_told(entrance, finding["details"])),
        ]
        if waived := finding["waived"]:
            until = waived["until"] or entrance.text("plans.waived_for_ever")
            said = {"by": waived["by"], "until": until, "reason": waived["reason"]}
            cells.append(entrance.text("plans.waived_mark", **said))
        click.echo("\t".join(cells))
    open_ = len(blocking(findings))
    entrance.say("plans.checked", plan=plan_id, blocking=open_, warnings=len(findings) - open_)
    if open_:
        raise SystemExit(1)


def _key_of(finding: dict[str, Any]) -> str:
    """Name the words of a finding; what the engine broke is told with its reason."""
    is_by_engine = finding["kind"] == "building_broken" and "outside_unbroken" in finding["details"]
    return f"finding.{finding['kind']}" + (".for_band" if is_by_engine else "")


def _told(entrance: Entrance, details: dict[str, Any]) -> dict[str, Any]:
    """Say the kind of barrier in words."""
    if "barrier" not in details:
        return details
    key = f"barrier.{str(details['barrier']).partition(':')[0]}"
    return details | {"barrier": entrance.text(key)} if key in catalogue() else details


@plan.command()
@click.argument("plan_id", type=int)
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M"]), help="City time; by itself then. 定时发布")
@CONFIRM
@click.pass_obj
def publish(entrance: Entrance, plan_id: int, at: datetime | None, confirm_moved: bool) -> None:
    """Make a draft what everybody sees. 发布方案。"""
    when = at and at.replace(tzinfo=ZoneInfo(LOCAL_ZONE))
    with entrance.database() as database, database.transaction() as session:
        done = plan_lives.publish_at(session, SYSTEM, plan_id, when, confirm_moved=confirm_moved)
        is_timed, figures = done.status == "submitted", plans.figures_of(done)
    if is_timed:
        entrance.say("plans.timed", plan=plan_id, at=when)
    else:
        entrance.say("plans.published", plan=plan_id, **figures)


@plan.command()
@click.argument("plan_id", type=int)
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.pass_obj
def export(entrance: Entrance, plan_id: int, file: Path) -> None:
    """Write a plan to FILE (.gpkg, .geojson, .csv or .xlsx). 导出方案。"""
    with entrance.database() as database, database.transaction() as session:
        frames = export_plan(session, SYSTEM, plan_id, with_findings=file.suffix.lower() == ".gpkg")
    write_plan(frames, file)
    entrance.say("plans.exported", plan=plan_id, file=file, micro_grids=len(frames.micro_grids))


@plan.command()
@click.argument("plan_id", type=int)
@click.argument("codes", nargs=-1, required=True)
@click.pass_obj
def lock(entrance: Entrance, plan_id: int, codes: tuple[str, ...]) -> None:
    """Lock micro-grids by their CODES: the next plan leaves them as they are. 锁定微网格。"""
    with entrance.database() as database, database.transaction() as session:
        changed = lock_micro_grids(session, SYSTEM, plan_id, codes)
    entrance.say("plans.locked", plan=plan_id, count=changed)


@plan.command()
@click.argument("plan_id", type=int)
@click.argument("codes", nargs=-1, required=True)
@click.pass_obj
def unlock(entrance: Entrance, plan_id: int, codes: tuple[str, ...]) -> None:
    """Unlock micro-grids by their CODES. 解锁微网格。"""
    with entrance.database() as database, database.transaction() as session:
        changed = lock_micro_grids(session, SYSTEM, plan_id, codes, locked=False)
    entrance.say("plans.unlocked", plan=plan_id, count=changed)


for command in (edges, submit, return_, call_off, branch, roll_back, waive, compare):
    plan.add_command(command)
