"""Checks of a plan against the tables of today: one list for page, API, command line, export, publishing.

A lived-in micro-grid outside the band blocks unless the engine proved that nothing better can be had, or
somebody approved the exception (see `gridmap.services.waivers`). What would break the plan itself, an atom
that is missing or in two places, a gap, a building cut, cannot be waived.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gridmap.models import Account, Area, Finding, MicroGrid, Plan, PlanProof, Waiver
from gridmap.planning import PlanRules
from gridmap.planning import check_plan as check_division
from gridmap.planning.findings import OUTSIDE_BAND
from gridmap.services.plan_frames import read_frame
from gridmap.services.postings import today

BLOCKING, WARNING = "blocking", "warning"
PROVED = frozenset({"total_too_small", "component_too_small", "hole_81_99", "atoms_too_coarse"})
WAIVABLE = frozenset({"outside_band", "not_contiguous", "unassigned"})
STRAINS = ("barrier_crossed", "bridge", "outside_parent", "lock_outdated")
"""What is told along with the checks, from the findings that were noted when the plan was made or changed."""
BROKEN = "building_broken"
BY_HAND = "not_contiguous"  # the engine never makes one that its own graph calls broken
TELLS_APART = ("building_id", "entrance", "atom", "barrier")

Found = dict[str, Any]


def check_frames(session: Session, plan: Plan) -> list[Found]:
    """Verify the plan independently of how it was made.

    Returns
    -------
    list of dict
        ``key`` (the same for the same fault each time), ``kind``, ``severity`` ("blocking" or "warning"),
        ``grid`` and ``micro_grid`` (codes, or None), ``details``, ``is_waivable``, ``waived`` (None, or
        ``id``, ``by``, ``at``, ``until``, ``reason``); what blocks and is not waived first.
    """
    grids = {"grid_ids": read_frame(session, "plan_grids", area_id=plan.area_id)["id"].tolist()}
    parents = read_frame(session, "plan_parents", **grids)
    micro_grids = read_frame(session, "plan_micro_grids", plan_id=plan.id)
    assignments = read_frame(session, "plan_assignments", plan_id=plan.id)
    findings = check_division(
        parents=parents,
        buildings=read_frame(session, "plan_buildings", **grids),
        assignments=assignments,
        micro_grids=micro_grids,
        rules=PlanRules.from_dict(plan.rules),
    )
    grid_codes = dict(zip(parents["id"], parents["code"], strict=True))
    codes = dict(zip(micro_grids["number"], micro_grids["code"], strict=True))
    found: list[Found] = [
        {
            "kind": row.kind,
            "severity": row.severity,
            "grid": grid_codes.get(row.parent_id),
            "micro_grid": codes.get(row.micro_grid),
            "details": row.details,
        }
        for row in findings.itertuples()
    ]
    _tell_unassigned(found, assignments, grid_codes)
    households = dict(zip(micro_grids["code"], micro_grids["households"].tolist(), strict=True))
    _judge_band(session, plan, found, households)
    _explain_broken(session, plan, found)
    found += _noted(session, plan, {row["micro_grid"] for row in found if row["kind"] == BY_HAND})
    found += _homeless(session, plan)
    _mark_waived(found, _waivers(session, plan), households)
    return sorted(found, key=_rank)


def blocking(findings: Iterable[Found]) -> list[Found]:
    """Pick the findings that stand against publishing."""
    return [row for row in findings if row["severity"] == BLOCKING and row["waived"] is None]


def households_of(finding: Found, households: dict[str, int]) -> int:
    """Give the households a finding concerns, by the micro-grids' counts: a waiver holds for these."""
    if finding["micro_grid"] is not None:
        return households.get(finding["micro_grid"], 0)
    return int(finding["details"].get("households", 0))


def _rank(row: Found) -> tuple[int, str, str, str]:
    open_ = 0 if row["waived"] is None else 1
    return (
        open_ if row["severity"] == BLOCKING else 2,
        row["kind"],
        row["micro_grid"] or row["grid"] or "",
        row["key"],
    )


def _key_of(row: Found) -> str:
    parts = [row["kind"], row["micro_grid"] or row["grid"] or "-"]
    parts += [f"{name}={row['details'][name]}" for name in TELLS_APART if name in row["details"]]
    return "/".join(parts)


def _tell_unassigned(found: list[Found], assignments: pd.DataFrame, grid_codes: dict[int, str]) -> None:
    """Count the buildings that were left to nobody; the land of a grid that has no others is no gap."""
    left = assignments[assignments["micro_grid"].isna()]
    parents = left["parent_id"].map(grid_codes)
    counts = {grid: left["building_id"][parents == grid].nunique() for grid in parents.dropna().unique()}
    for row in found:
        if row["kind"] == "unassigned":
            row["details"] = row["details"] | {"buildings": counts[row["grid"]]}
            row["severity"] = BLOCKING if row["details"]["households"] else WARNING
    found[:] = [row for row in found if row["grid"] not in counts or "missing_m2" not in row["details"]]


def _row(kind: str, severity: str, grid: str | None, code: str | None, details: dict[str, Any]) -> Found:
    return {"kind": kind, "severity": severity, "grid": grid, "micro_grid": code, "details": details}


def _judge_band(session: Session, plan: Plan, found: list[Found], households: dict[str, int]) -> None:
    """Let what misses the band block, unless nobody lives there or the engine proved it to be the least."""
    outside = [row for row in found if row["kind"] == "outside_band"]
    if not outside:
        return
    proofs = {
        row.micro_grid_code: row
        for row in session.scalars(select(PlanProof).where(PlanProof.plan_id == plan.id))
    }
    reasons = _reasons(session, plan)
    for row in outside:
        code = row["micro_grid"]
        count = households[code]
        proof = proofs.get(code)
        is_proved = proof is not None and proof.households == count
        reason = proof.kind if proof is not None and is_proved else reasons.get((code, count))
        row["severity"] = WARNING if is_proved or count == 0 else BLOCKING
        if reason is not None:
            row["details"] = row["details"] | {"reason": reason}


def _explain_broken(session: Session, plan: Plan, found: list[Found]) -> None:
    """Add to a broken building what the engine said when it broke it: by how much the band is missed else."""
    broken = {row["details"]["building_id"]: row for row in found if row["kind"] == BROKEN}
    if not broken:
        return
    noted = select(Finding.details).where(Finding.plan_id == plan.id, Finding.kind == BROKEN)
    for details in session.scalars(noted):
        row = broken.get(details["building_id"])
        if row is not None:
            row["details"] = details | row["details"]


def _reasons(session: Session, plan: Plan) -> dict[tuple[str, int], str]:
    """Map micro-grid and households to what the engine said of it when it made the plan."""
    query = select(MicroGrid.code, Finding.kind, Finding.details["households"].as_integer())
    query = query.join(Finding, Finding.micro_grid_id == MicroGrid.id)
    query = query.where(Finding.plan_id == plan.id, Finding.kind.in_(OUTSIDE_BAND))
    return {(code, households): kind for code, kind, households in session.execute(query)}


def _noted(session: Session, plan: Plan, known_broken: set[str | None]) -> list[Found]:
    """List what was noted when the plan was made or changed and no check above tells."""
    query = (
        select(Finding.kind, Area.code.label("grid"), MicroGrid.code, Finding.details)
        .outerjoin(Area, Area.id == Finding.grid_id)
        .outerjoin(MicroGrid, MicroGrid.id == Finding.micro_grid_id)
        .where(Finding.plan_id == plan.id, or_(Finding.kind.in_(STRAINS), Finding.kind == BY_HAND))
        .order_by(Finding.id)
    )
    return [
        _row(kind, BLOCKING if kind == BY_HAND else WARNING, grid, code, details)
        for kind, grid, code, details in session.execute(query)
        if kind != BY_HAND or code not in known_broken
    ]


def _homeless(session: Session, plan: Plan) -> list[Found]:
    """Find homes inside the area that no grid holds; no plan can give them to anybody."""
    row = read_frame(session, "plan_buildings_without_grid", area_id=plan.area_id).iloc[0]
    if not row["buildings"]:
        return []
    details = {"buildings": int(row["buildings"]), "households": int(row["households"])}
    return [_row("buildings_without_grid", WARNING, None, None, details)]


def _waivers(session: Session, plan: Plan) -> dict[tuple[str, str | None, str | None, int], dict[str, Any]]:
    """Map finding and households to the waiver that holds today."""
    query = (
        select(Waiver, Area.code, Account.username)
        .join(Area, Area.id == Waiver.grid_id)
        .outerjoin(Account, Account.id == Waiver.approved_by)
        .where(Waiver.plan_id == plan.id)
        .where(or_(Waiver.expires_on.is_(None), Waiver.expires_on >= today()))
    )
    return {
        (waiver.kind, grid, waiver.micro_grid_code, waiver.households): {
            "id": waiver.id,
            "by": username or "system",
            "at": waiver.created_at.isoformat(),
            "until": waiver.expires_on and waiver.expires_on.isoformat(),
            "reason": waiver.reason,
        }
        for waiver, grid, username in session.execute(query)
    }


def _mark_waived(
    found: list[Found],
    waivers: dict[tuple[str, str | None, str | None, int], dict[str, Any]],
    households: dict[str, int],
) -> None:
    for row in found:
        row["key"] = _key_of(row)
        row["is_waivable"] = row["severity"] == BLOCKING and row["kind"] in WAIVABLE
        count = households_of(row, households)
        waiver = waivers.get((row["kind"], row["grid"], row["micro_grid"], count))
        row["waived"] = waiver if row["is_waivable"] else None
