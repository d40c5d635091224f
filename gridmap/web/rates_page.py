"""Page of rates: how many issues were answered and settled in time, and how content people were."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, request, url_for

from gridmap.services.issue_rates import GROUPINGS, find_last_report, find_rates
from gridmap.services.places import describe_area, list_areas
from gridmap.web.local_days import Days, local_day, local_moment, offer_periods, quarter_until, read_days
from gridmap.web.pages import category_name, show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.issue_rates import RatesAnswer

rates_page = Blueprint("rates_page", __name__)

RATES = ("response", "settlement", "satisfaction")
BESIDE = ("void", "paused", "merged", "refiled", "rated")
OF_THE_WHOLE = ("fixed", "by_desk")


@rates_page.get("/rates")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the rates of an area, each with its interval, its definition and its cases."""
    values: dict[str, Any] = {"areas": [], "answer": None}
    if actor.may("rates.read"):
        top = list_areas(session, actor, top=True)
        if top:
            values = _values(session, actor, top)
    return show_page(session, actor, "rates.html", action="rates.read", texts=(), **values)


def _values(session: Session, actor: Actor, top: list[Any]) -> dict[str, Any]:
    asked = request.args
    code = asked.get("area", "").replace("\x00", "") or top[0].code
    by = next((one for one in GROUPINGS if one == asked.get("by")), GROUPINGS[0])
    days = read_days(asked) or offer_periods()["quarter"]
    language = language_of_request()
    answer = find_rates(
        session, actor, code, by or GROUPINGS[0], days.starts_at, days.ends_at, language=language
    )
    area = SimpleNamespace(**describe_area(session, actor, code))
    below = [row for one in top for row in list_areas(session, actor, parent_code=one.code)]
    places = [row for row in [*top, *below] if row.code != code]
    last = None if answer.whole.figures["settlement"].counted else find_last_report(session, actor, code)
    return {
        "answer": answer,
        "area": area,
        "places": places,
        "by": by,
        "groupings": GROUPINGS,
        "days": days,
        "is_wrong_period": bool(asked.get("from") or asked.get("to")) and read_days(asked) is None,
        "periods": offer_periods(),
        "latest": None if last is None else quarter_until(local_day(last)),
        "rates": RATES,
        "beside": BESIDE,
        "of_the_whole": OF_THE_WHOLE,
        "made_at": local_moment(answer.as_of),
        "address_of": lambda **other: _address(**({"area": code, "by": by, "days": days} | other)),
        "cases_of": lambda figure, key: _cases(answer, days, figure, key),
        "name_of": lambda row: (language == "en" and row.name_en) or row.name,
        "group_name": lambda group: category_name(group.name, language) if by == "category" else group.name,
    }


def _address(area: str, by: str, days: Days) -> str:
    """Give the address of this page with this chosen."""
    named: dict[str, Any] = {"area": area, "by": by, "from": days.first, "to": days.last}
    return url_for("rates_page.show", **named)


def _cases(answer: RatesAnswer, days: Days, figure: str, key: str | None) -> str:
    """Give the address of the list of issues that a figure counts."""
    named: dict[str, Any] = {"area": answer.area_code, "from": days.first, "to": days.last, "figure": figure}
    if key is not None:
        named |= {"by": answer.grouping, "key": key}
    return url_for("issue_list.show", **named)
