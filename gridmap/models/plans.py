"""Plans: one complete assignment of atoms to micro-grids; polygons are derived from it."""

from datetime import date, datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, geometry_column
from gridmap.models.places import one_of

PLAN_STATUSES = ("computing", "failed", "draft", "submitted", "published", "superseded")
BAND_STATUSES = ("under", "in_band", "over")
SEVERITIES = ("blocking", "warning")
EDGE_ACTIONS = ("remove", "add")


class Plan(Base):
    """A division of one area; what everybody sees is the published one."""

    __tablename__ = "plans"
    __table_args__ = (one_of("status", PLAN_STATUSES),)

    id: Mapped[Id]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    status: Mapped[str] = mapped_column(Text, index=True)
    seed: Mapped[int]
    based_on: Mapped[int | None] = mapped_column(
        ForeignKey("plans.id"),
        index=True,
        comment="whose locked micro-grids it keeps; empty = of what is published",
    )
    rules: Mapped[dict[str, Any]] = mapped_column(
        JSONB, comment="PlanRules: household band, weights, barriers"
    )
    measures: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default="{}", comment="totals of the plan, written when it was computed"
    )
    progress_share: Mapped[float] = mapped_column(Float, server_default="0")
    message: Mapped[str] = mapped_column(Text, server_default="", comment="why it failed, in plain words")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[CreatedAt]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    branched_from: Mapped[int | None] = mapped_column(
        ForeignKey("plans.id"), index=True, comment="plan it was copied from"
    )
    effective_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="when a submitted plan is to be published by itself"
    )


class MicroGrid(Base):
    """50-80 households under one responsible person, as one plan draws it."""

    __tablename__ = "micro_grids"
    __table_args__ = (
        one_of("status", BAND_STATUSES),
        UniqueConstraint("plan_id", "code"),
        Index(
            "uq_micro_grids_current_code",
            "code",
            unique=True,
            postgresql_where=text("valid_from IS NOT NULL AND valid_to IS NULL"),
        ),
        CheckConstraint("valid_to IS NULL OR valid_from IS NOT NULL", name="ended_after_begun"),
    )

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    code: Mapped[str] = mapped_column(Text)
    households: Mapped[int]
    households_estimated: Mapped[bool]
    building_count: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    stacked: Mapped[bool] = mapped_column(comment="holds floors above another micro-grid's ground")
    locked: Mapped[bool] = mapped_column(server_default="false", comment="stays as it is in the next plan")
    colour: Mapped[int] = mapped_column(SmallInteger, comment="0-5; neighbours differ")
    contents: Mapped[str] = mapped_column(Text, comment="what it holds, as people say it")
    compactness: Mapped[float | None]
    label: Mapped[WKBElement] = geometry_column("POINT")
    geom: Mapped[WKBElement | None] = geometry_column(
        "MULTIPOLYGON", nullable=True, comment="ground territory; empty when it holds upper floors only"
    )
    valid_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    valid_to: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), comment="empty = what everybody sees"
    )


class Assignment(Base):
    """An atom (building, entrance, or band of floors) and the micro-grid that holds it."""

    __tablename__ = "assignments"
    __table_args__ = (Index("ix_assignments_building_id_plan_id", "building_id", "plan_id"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True)
    atom: Mapped[str] = mapped_column(Text, primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"))
    entrance_number: Mapped[int | None] = mapped_column(SmallInteger)
    floor_from: Mapped[int | None] = mapped_column(SmallInteger)
    floor_to: Mapped[int | None] = mapped_column(SmallInteger)
    households: Mapped[int]
    households_estimated: Mapped[bool]
    micro_grid_id: Mapped[int | None] = mapped_column(
        ForeignKey("micro_grids.id", ondelete="CASCADE"), index=True, comment="empty = unassigned"
    )


class Finding(Base):
    """A broken or strained rule of a plan, with its reason."""

    __tablename__ = "findings"
    __table_args__ = (one_of("severity", SEVERITIES),)

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), index=True)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    micro_grid_id: Mapped[int | None] = mapped_column(
        ForeignKey("micro_grids.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class PlanProof(Base):
    """That a micro-grid outside the band cannot be had better, as the engine proved when it made the plan.

    Kept apart from the findings, which follow every change by hand: whoever takes a change back has the proof
    again, since it holds for these households.
    """

    __tablename__ = "plan_proofs"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True)
    micro_grid_code: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, comment="the engine's finding")
    households: Mapped[int]


class Waiver(Base):
    """An approved exception: a finding that shall not stand against publishing."""

    __tablename__ = "waivers"
    __table_args__ = (
        CheckConstraint("reason ~ '[^[:space:]]'", name="reason_given"),
        Index(
            "uq_waivers_finding",
            "plan_id",
            "kind",
            "grid_id",
            text("coalesce(micro_grid_code, '')"),
            unique=True,
        ),
    )

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    micro_grid_code: Mapped[str | None] = mapped_column(Text, comment="empty = the grid as a whole")
    kind: Mapped[str] = mapped_column(Text, comment="of the finding")
    households: Mapped[int] = mapped_column(comment="it was approved for; with others it does not hold")
    reason: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[int | None] = mapped_column(
        ForeignKey("accounts.id"), index=True, comment="empty = the system"
    )
    created_at: Mapped[CreatedAt]
    expires_on: Mapped[date | None] = mapped_column(comment="last day it holds; empty = never")


class PlanComment(Base):
    """A remark on a plan, pinned to a micro-grid, to a point, or to nothing: the plan as a whole."""

    __tablename__ = "plan_comments"
    __table_args__ = (
        CheckConstraint("num_nonnulls(micro_grid_code, point) <= 1", name="one_pin"),
        CheckConstraint("words ~ '[^[:space:]]' AND char_length(words) <= 2000", name="words_given"),
    )

    id: Mapped[Id]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"), index=True)
    micro_grid_code: Mapped[str | None] = mapped_column(Text)
    point: Mapped[WKBElement | None] = geometry_column("POINT", nullable=True)
    words: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[CreatedAt]
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class GraphEdit(Base):
    """An edge of the adjacency graph that people removed or added; every plan to come obeys."""

    __tablename__ = "graph_edits"
    __table_args__ = (
        one_of("action", EDGE_ACTIONS),
        CheckConstraint("reason ~ '[^[:space:]]'", name="reason_given"),
        CheckConstraint(
            "(building_a_id, coalesce(entrance_a, 0)) < (building_b_id, coalesce(entrance_b, 0))",
            name="places_in_order",
        ),
        Index(
            "uq_graph_edits_places",
            "building_a_id",
            text("coalesce(entrance_a, 0)"),
            "building_b_id",
            text("coalesce(entrance_b, 0)"),
            unique=True,
        ),
    )

    id: Mapped[Id]
    grid_id: Mapped[int] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"), index=True)
    building_a_id: Mapped[int] = mapped_column(ForeignKey("buildings.id", ondelete="CASCADE"))
    entrance_a: Mapped[int | None] = mapped_column(comment="empty = the whole building")
    building_b_id: Mapped[int] = mapped_column(ForeignKey("buildings.id", ondelete="CASCADE"), index=True)
    entrance_b: Mapped[int | None] = mapped_column(comment="empty = the whole building")
    action: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[CreatedAt]
