"""The tables, one module a word; constraints live here, behaviour in the services."""

from gridmap.models.accounts import Account, AccountArea, ApiToken, AuditEntry, FailedSignIn
from gridmap.models.base import Base
from gridmap.models.codes import BuildingCode, CodeUse
from gridmap.models.coverage import CoverageMonth, CoverageRule
from gridmap.models.field_entries import FieldEntry
from gridmap.models.handoffs import Handoff, HandoffCarry, HandoffPart
from gridmap.models.issue_photos import IssuePhoto
from gridmap.models.issues import ClockRule, Issue, IssueClock, IssueEscalation, IssueEvent
from gridmap.models.layers import LayerChange
from gridmap.models.listings import Listing
from gridmap.models.notices import Notice, NoticePart, NoticeReceiver, NoticeReminder
from gridmap.models.open311 import Open311Key, Open311Request, Open311Service
from gridmap.models.orders import Order, OrderEvent
from gridmap.models.places import (
    Area,
    Barrier,
    Building,
    Compound,
    CompoundGrid,
    Entrance,
    Road,
    Station,
    WalkingEdge,
)
from gridmap.models.plan_imports import PlanImport
from gridmap.models.plans import (
    Assignment,
    Finding,
    GraphEdit,
    MicroGrid,
    Plan,
    PlanComment,
    PlanProof,
    Waiver,
)
from gridmap.models.public import PublicBlock, PublicCategory, PublicCell, PublicIssue
from gridmap.models.redraws import PlanLockedBuilding, PlanOperation, PlanPresence
from gridmap.models.rosters import CalendarDay, PatternException, ShiftPattern
from gridmap.models.sign_ins import StationSignIn
from gridmap.models.staff import Posting, Shift, Staff, StaffRole
from gridmap.models.visits import Visit, VisitKind, VisitPlan
from gridmap.models.webhooks import WebhookDelivery, WebhookTarget

__all__ = [
    "Account",
    "AccountArea",
    "ApiToken",
    "Area",
    "Assignment",
    "AuditEntry",
    "Barrier",
    "Base",
    "Building",
    "BuildingCode",
    "CalendarDay",
    "ClockRule",
    "CodeUse",
    "Compound",
    "CompoundGrid",
    "CoverageMonth",
    "CoverageRule",
    "Entrance",
    "FailedSignIn",
    "FieldEntry",
    "Finding",
    "GraphEdit",
    "Handoff",
    "HandoffCarry",
    "HandoffPart",
    "Issue",
    "IssueClock",
    "IssueEscalation",
    "IssueEvent",
    "IssuePhoto",
    "LayerChange",
    "Listing",
    "MicroGrid",
    "Notice",
    "NoticePart",
    "NoticeReceiver",
    "NoticeReminder",
    "Open311Key",
    "Open311Request",
    "Open311Service",
    "Order",
    "OrderEvent",
    "PatternException",
    "Plan",
    "PlanComment",
    "PlanImport",
    "PlanLockedBuilding",
    "PlanOperation",
    "PlanPresence",
    "PlanProof",
    "Posting",
    "PublicBlock",
    "PublicCategory",
    "PublicCell",
    "PublicIssue",
    "Road",
    "Shift",
    "ShiftPattern",
    "Staff",
    "StaffRole",
    "Station",
    "StationSignIn",
    "Visit",
    "VisitKind",
    "VisitPlan",
    "Waiver",
    "WalkingEdge",
    "WebhookDelivery",
    "WebhookTarget",
]
