"""What goes out: the listed fields of every answer, pages of lists, and GeoJSON.

A field that is not listed here does not leave the house, whatever a service returns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import urlencode

from flask import Response, json, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T", bound=BaseModel)

GEO_JSON = "application/geo+json"
DECIMALS = 7


Degrees = Annotated[float, AfterValidator(lambda value: round(value, DECIMALS))]
Bounds = Annotated[list[Degrees], Field(description="west, south, east, north")]
Geometry = Annotated[dict[str, Any] | None, Field(description="GeoJSON, when asked for")]


class Out(BaseModel):
    """Base of everything that goes out."""

    model_config = ConfigDict(from_attributes=True)


class PageOut(Out, Generic[T]):
    """Part of a list."""

    items: list[T]
    total: int | None = Field(description="of the whole list; counted for its first part only")
    next: str | int | None = Field(description="key to give as `after` for the next part; null at the end")
    next_link: str | None = Field(description="address of the next part")


class ProblemField(Out):
    """One wrong value."""

    where: str
    column: str
    reason: str
    value: str
    hint: str
    text: str


class ProblemOut(Out):
    """Problem details as in RFC 9457."""

    type: str
    slug: str
    title: str
    status: int
    detail: str
    details: dict[str, Any] | None = None
    fields: list[ProblemField] | None = None
    findings: list[dict[str, Any]] | None = None


class Feature(Out):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    id: str | int
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class FeatureCollection(Out):
    """A GeoJSON feature collection (RFC 7946); the first part of a list counts the whole of it."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    numberMatched: int | None = None  # noqa: N815 - the name OGC gave it
    numberReturned: int  # noqa: N815
    links: list[dict[str, str]] | None = None


def build_page(
    model: type[T], rows: Iterable[Any], *, limit: int, key: str, total: int | None
) -> dict[str, Any]:
    """Build one part of a list from ``limit + 1`` rows: the one too many tells that there is more.

    Parameters
    ----------
    key
        Field of a row that the next part goes on after.
    total
        Length of the whole list, None when it was not counted.
    """
    found = list(rows)
    more = len(found) > limit
    items = [model.model_validate(row) for row in found[:limit]]
    last = getattr(items[-1], key) if more else None
    link = _address_after(last, limit) if more else None
    return {"items": items, "total": total, "next": last, "next_link": link}


def answer_features(page: dict[str, Any], key: str) -> Response:
    """Answer with a part of a list as a GeoJSON FeatureCollection (RFC 7946)."""
    features = []
    for item in page["items"]:
        fields = item.model_dump(mode="json")
        features.append(
            {
                "type": "Feature",
                "id": fields[key],
                "geometry": fields.pop("geometry", None),
                "properties": fields,
            }
        )
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if page["total"] is not None:
        collection["numberMatched"] = page["total"]
    collection["numberReturned"] = len(features)
    if page["next_link"]:
        collection["links"] = [{"rel": "next", "href": page["next_link"], "type": GEO_JSON}]
    return Response(json.dumps(collection), mimetype=GEO_JSON)


def _address_after(key: Any, limit: int) -> str:
    asked = {name: value for name, value in request.args.items() if name not in {"after", "limit"}}
    return f"{request.path}?{urlencode({**asked, 'after': key, 'limit': limit})}"
