"""``gridmap plan …``: submit, return, call off, branch, roll back, waive and compare plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gridmap.formats.plan_files import as_csv
from gridmap.services import plan_lives, waivers
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_comparisons import as_table, compare_plans

if TYPE_CHECKING:
    from datetime import datetime

    from gridmap.cli.entrance import Entrance

PLAN = click.argument("plan_id", type=int)


@click.command()
@PLAN
@click.pass_obj
def submit(entrance: Entrance, plan_id: int) -> None:
    """Hand a draft in; nobody changes it any more. 提交方案。"""
    with entrance.database() as database, database.transaction() as session:
        plan_lives.submit_plan(session, SYSTEM, plan_id)
    entrance.say("plans.submitted", plan=plan_id)


@click.command("return")
@PLAN
@click.argument("words")
@click.pass_obj
def return_(entrance: Entrance, plan_id: int, words: str) -> None:
    """Give a submitted plan back as a draft, with WORDS. 退回方案。"""
    with entrance.database() as database, database.transaction() as session:
        plan_lives.return_plan(session, SYSTEM, plan_id, words)
    entrance.say("plans.returned", plan=plan_id)


@click.command()
@PLAN
@click.pass_obj
def call_off(entrance: Entrance, plan_id: int) -> None:
    """Call a timed publication off. 取消定时发布。"""
    with entrance.database() as database, database.transaction() as session:
        plan_lives.call_off(session, SYSTEM, plan_id)
    entrance.say("plans.called_off", plan=plan_id)


@click.command()
@PLAN
@click.pass_obj
def branch(entrance: Entrance, plan_id: int) -> None:
    """Copy a plan into a new draft. 复制为新草案。"""
    with entrance.database() as database, database.transaction() as session:
        made = plan_lives.branch_plan(session, SYSTEM, plan_id).id
    entrance.say("plans.branched", plan=made, source=plan_id)


@click.command()
@PLAN
@click.option("--confirm-moved", is_flag=True, help="As for publish. 同发布")
@click.pass_obj
def roll_back(entrance: Entrance, plan_id: int, confirm_moved: bool) -> None:
    """Publish a new version equal to one that was published. 回退到该方案。"""
    with entrance.database() as database, database.transaction() as session:
        made = plan_lives.roll_back(session, SYSTEM, plan_id, confirm_moved=confirm_moved).id
    entrance.say("plans.rolled_back", plan=made, source=plan_id)


@click.command()
@PLAN
@click.argument("kind", required=False)
@click.argument("code", required=False)
@click.option("--reason", required=True, help="Why. 理由")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day; by default no end. 有效期至")
@click.option("--all", "everything", is_flag=True, help="All that blocks and can be waived. 全部")
@click.pass_obj
def waive(
    entrance: Entrance,
    plan_id: int,
    kind: str | None,
    code: str | None,
    reason: str,
    until: datetime | None,
    everything: bool,
) -> None:
    """Approve an exception: the KIND of a finding and the CODE of its micro-grid or grid. 批准例外。"""
    if everything == (kind is not None) or (kind is None) != (code is None):
        raise click.UsageError("KIND CODE, or --all")
    with entrance.database() as database, database.transaction() as session:
        if kind is None:
            count = waivers.waive_all(session, SYSTEM, plan_id, reason)
        else:
            place = "grid" if kind == "unassigned" else "micro_grid"
            waivers.waive_finding(
                session,
                SYSTEM,
                plan_id,
                kind=kind,
                reason=reason,
                expires_on=until and until.date(),
                **{place: code},
            )
            count = 1
    entrance.say("plans.waived", plan=plan_id, count=count)


@click.command()
@PLAN
@click.argument("other", type=int, required=False)
@click.option("--csv", "file", type=click.Path(dir_okay=False, writable=True), help="Rows. 明细写入文件")
@click.pass_obj
def compare(entrance: Entrance, plan_id: int, other: int | None, file: str | None) -> None:
    """Compare a plan with OTHER, or with what is published. 比较方案。"""
    with entrance.database() as database, database.transaction() as session:
        found = compare_plans(session, SYSTEM, plan_id, other)
    summary = found.summary
    for row in found.micro_grids:
        before, after = row["households_before"], row["households_after"]
        click.echo(f"{row['code']}\t{row['change']}\t{before or '-'}\t{after or '-'}")
    if file is not None:
        with click.open_file(file, "w", encoding="utf-8-sig") as out:
            out.write(as_csv(as_table(found).assign(geometry=None)))
    entrance.say(
        "plans.compared",
        plan=plan_id,
        other=other or entrance.text("plans.published_now"),
        households=summary["households_moved"],
        staff=summary["households_staff_changed"],
        created=summary["micro_grids_created"],
        retired=summary["micro_grids_retired"],
        changed=summary["micro_grids_changed"],
    )
