"""The list of issues: by filters, or those behind a rate; as a page, and as CSV."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint, FileSchema
from flask import Blueprint, Response, request, url_for
from pydantic import Field

from gridmap.errors import BadInput, FieldError
from gridmap.formats.heat_files import write_csv
from gridmap.i18n import translate
from gridmap.services.issue_exports import export_issues
from gridmap.services.issue_rates import GROUPINGS, list_rate_issues
from gridmap.services.issue_register import list_states
from gridmap.services.issues import IssueFilter, count_issues, list_categories, list_issues
from gridmap.services.places import get_area, list_areas
from gridmap.web.inputs import LARGEST_ID, Code, Input, Moment
from gridmap.web.issue_rates import By
from gridmap.web.issues import Tier
from gridmap.web.local_days import local_moment, read_days
from gridmap.web.pages import category_name, show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

issue_list = Blueprint("issue_list", __name__)
issue_exports = APIBlueprint("api_issue_exports", __name__, url_prefix="/api/v1", tag="issue exports")

ROWS = 50
FILTERS = ("area", "category", "channel", "tier", "state")
NAMED = (*FILTERS, "is_open", "from", "to", "figure", "by", "key")
RATES = ("area", "by", "from", "to")  # what the page of rates is told
LARGEST_LIST = 2**31 - 1


class ExportQuery(Input):
    """Which issues: by filters as of the list, or the cases of a figure as of the rates."""

    area: Annotated[Code | None, Field(description="in this area")] = None
    category: Code | None = None
    channel: Code | None = None
    tier: Tier | None = None
    state: Code | None = None
    is_open: bool | None = None
    starts_at: Annotated[Moment | None, Field(description="reported from; of a figure, limits from")] = None
    ends_at: Annotated[Moment | None, Field(description="reported before; of a figure, limits before")] = None
    figure: Annotated[Code | None, Field(description="only the cases of this figure")] = None
    by: By = "area"
    key: Annotated[str | None, Field(max_length=200, description="of the group; without it all")] = None


@issue_exports.get("/issues.csv")
@issue_exports.input(ExportQuery, location="query")
@issue_exports.output(FileSchema(type="string", format="binary"), content_type="text/csv")
@in_transaction
def take_issues_as_csv(session: Session, actor: Actor, query_data: ExportQuery) -> Response:
    """Take all issues of a filter away as CSV, without what people have written freely"""
    asked = query_data.model_dump()
    table = export_issues(session, actor, _which(session, actor, asked))
    response = Response(write_csv([(table, {})]), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename="issues.csv")
    return response


@issue_list.get("/issues")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the issues of a filter, the newest first, or the cases of a figure."""
    values: dict[str, Any] = {"rows": [], "total": 0, "asked": {}}
    if actor.may("issues.read"):
        values = _values(session, actor)
    return show_page(session, actor, "issue_list.html", action="issues.read", texts=(), **values)


def _values(session: Session, actor: Actor) -> dict[str, Any]:
    asked = _read_address()
    which = _which(session, actor, asked)
    after = request.args.get("after", "")
    after_id = min(int(after), LARGEST_ID) if after.isascii() and after.isdigit() else 0
    rows = list_issues(session, actor, which, after_id=after_id, limit=ROWS + 1)
    named: dict[str, Any] = {name: request.args[name] for name in NAMED if name in request.args}
    top = list_areas(session, actor, top=True)
    return {
        "rows": rows[:ROWS],
        "total": count_issues(session, actor, which),
        "next_page": url_for(".show", **named, after=rows[ROWS - 1].id) if len(rows) > ROWS else None,
        "first_page": url_for(".show", **named) if after_id else None,
        "as_csv": url_for("api_issue_exports.take_issues_as_csv", **_exported(asked)),
        "may_export": actor.may("issues.export"),
        "about": _about(session, actor, asked) if asked["figure"] else "",
        "back": url_for("rates_page.show", **{name: named[name] for name in RATES if name in named}),
        "asked": {name: request.args.get(name, "") for name in (*FILTERS, "from", "to")},
        "places": [one for area in top for one in [area, *list_areas(session, actor, parent_code=area.code)]],
        "categories": list_categories(session, actor),
        "states": [one.state for one in list_states(actor, language=language_of_request())],
        "local_moment": local_moment,
        "name_of": _name_of,
    }


def _read_address() -> dict[str, Any]:
    """Read what the address asks for, by the names of `ExportQuery`; an empty field asks for nothing."""
    given = {name: value[:200] for name, value in request.args.items() if "\x00" not in value}
    asked: dict[str, Any] = {name: given.get(name) or None for name in (*FILTERS, "figure")}
    days = read_days(given)
    return asked | {
        "by": given.get("by") or GROUPINGS[0],
        "key": given.get("key"),
        "is_open": {"1": True, "0": False}.get(given.get("is_open", "")),
        "starts_at": days and days.starts_at,
        "ends_at": days and days.ends_at,
    }


def _which(session: Session, actor: Actor, asked: Mapping[str, Any]) -> IssueFilter:
    """Build the filter; the cases of a figure are looked up first."""
    if asked["figure"] is None:
        filters = {name: asked[name] for name in ("category", "channel", "tier", "state", "is_open")}
        return IssueFilter(
            area_code=asked["area"], starts_at=asked["starts_at"], ends_at=asked["ends_at"], **filters
        )
    missing = [name for name in ("area", "starts_at", "ends_at") if asked[name] is None]
    if missing:
        raise BadInput(fields=[FieldError("query", name, "api_missing") for name in missing])
    ids = list_rate_issues(
        session,
        actor,
        asked["area"],
        asked["by"],
        asked["starts_at"],
        asked["ends_at"],
        figure=asked["figure"],
        key=asked["key"],
        limit=LARGEST_LIST,
    )
    return IssueFilter(ids=tuple(ids))


def _exported(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give the same question as the API takes it."""
    said = {name: value for name, value in asked.items() if value is not None}
    if asked["figure"] is None:
        said.pop("by")
        said.pop("key", None)
    for name in ("starts_at", "ends_at"):
        if name in said:
            said[name] = said[name].isoformat()
    if "is_open" in said:
        said["is_open"] = int(said["is_open"])
    return said


def _about(session: Session, actor: Actor, asked: Mapping[str, Any]) -> str:
    """Say which cases these are."""
    language = language_of_request()
    words = {
        "figure": translate(f"rates.{asked['figure']}", language),
        "name": _name_of(get_area(session, actor, asked["area"])),
        "first": local_moment(asked["starts_at"])[:10],
        "last": local_moment(asked["ends_at"] - timedelta(seconds=1))[:10],
    }
    said = translate("issue_list.cases_of", language, **words)
    if asked["key"] is None:
        return said
    key = category_name(asked["key"], language) if asked["by"] == "category" else asked["key"]
    return f"{said} · {key or translate('handling.group_none', language)}"


def _name_of(row: Any) -> str:
    return str((language_of_request() == "en" and row.name_en) or row.name)
