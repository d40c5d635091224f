"""What the tests of Open311 ask about, and a reader of its XML that knows nothing of the writer.

`spatial_city` with the register as the migration leaves it, but that greening is a batch service whose texts
are public, and road damage asks one question of every kind. All reports below are of spring 2026::

    leak       L1  1 March   reported        at building 100000011; its place is not public
    lighting   L2  2 March   settled, fixed  at building 100000012, closed on 3 March; its place is public
    rubbish    R1  4 March   dispatched      a point in grid G1-0, to 城管局
               R2  5 March   merged into R1
               R3  6 March   flagged as a placeholder point
    lighting   L3  7 March   void, withdrawn
    dispute    D1  8 March   reported; disputes are a blackbox
    greening   B1  9 March   reported, sent by an application, token TOKEN, with an answer
    heating    1,005 of 1 May, one a minute
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from sqlalchemy import text

from gridmap.services.actors import SYSTEM
from gridmap.services.open311_keys import issue_key, revoke_key

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

TOKEN = "0b1f6d0e-6d5c-4b0e-9a55-1b1f6d0e6d5c"
WORDS = "楼顶漏雨 🏚𠮷 <b>&amp;</b>"
LISTS = {
    "services",
    "service_requests",
    "service_requests_updates",
    "errors",
    "attributes",
    "values",
    "endpoints",
    "formats",
    "extended_attributes",
}
BOTH = {"zh": "问", "en": "Q"}
CHOICES = [{"key": "a", "name": {"zh": "甲", "en": "A"}}, {"key": "b", "name": {"zh": "乙", "en": "B"}}]


def question(code: str, datatype: str, **more: Any) -> dict[str, Any]:
    """A question as the register keeps it."""
    row = {"code": code, "datatype": datatype, "required": False, "variable": True, "values": []}
    return row | {"description": BOTH, "datatype_description": BOTH} | more


QUESTIONS = [
    question("one", "singlevaluelist", required=True, values=CHOICES),
    question("some", "multivaluelist", values=CHOICES),
    question("depth", "number"),
    question("since", "datetime"),
    question("near", "string"),
    question("more", "text"),
    question("words", "text", variable=False),
]
_ISSUES = """
INSERT INTO issues (source, source_id, category, channel, state, outcome, text, reported_at, closed_at,
                    due_at, building_id, grid_id, geom, flags, organisation)
SELECT 'o311', n, c, 'phone', s, o, w, CAST(at AS timestamptz), CAST(closed AS timestamptz),
       CAST(at AS timestamptz) + interval '2 days', b,
       coalesce((SELECT grid_id FROM buildings WHERE id = b), 1001000),
       coalesce((SELECT ST_PointOnSurface(geom) FROM buildings WHERE id = b),
                ST_SetSRID(ST_MakePoint(120.7061234, 37.7512345), 4326)),
       f, org
FROM (VALUES
    ('L1', 'leak', 'reported', NULL, CAST(:words AS text), '2026-03-01 0:00Z', NULL, 100000011,
     '{}'::text[], ''),
    ('L2', 'lighting', 'settled', 'fixed', '灯不亮', '2026-03-02 0:00Z', '2026-03-03 8:00Z',
     100000012, '{}', ''),
    ('R1', 'rubbish', 'dispatched', NULL, E'成堆\\x01', '2026-03-04 0:00Z', NULL, NULL, '{}', '城管局'),
    ('R2', 'rubbish', 'merged', 'merged', '', '2026-03-05 0:00Z', '2026-03-05 1:00Z', NULL, '{}', ''),
    ('R3', 'rubbish', 'reported', NULL, '', '2026-03-06 0:00Z', NULL, NULL, '{placeholder_point}', ''),
    ('L3', 'lighting', 'void', 'withdrawn', '', '2026-03-07 0:00Z', '2026-03-07 2:00Z', NULL, '{}', ''),
    ('D1', 'dispute', 'reported', NULL, '', '2026-03-08 0:00Z', NULL, NULL, '{}', ''),
    ('B1', 'greening', 'reported', NULL, '树枝', '2026-03-09 0:00Z', NULL, 100000013, '{}', '')
) v (n, c, s, o, w, at, closed, b, f, org)
UNION ALL
SELECT 'o311', 'H' || i, 'heating', 'phone', 'reported', NULL, '',
       CAST('2026-05-01 0:00Z' AS timestamptz) + i * interval '1 minute', NULL, NULL, NULL, 1001000,
       ST_SetSRID(ST_MakePoint(120.706, 37.751), 4326), '{}', ''
FROM generate_series(1, 1005) i
"""
_REST = """
UPDATE issues SET parent_id = (SELECT id FROM issues WHERE source_id = 'R1' AND source = 'o311')
WHERE source_id = 'R2' AND source = 'o311';
INSERT INTO issue_events (issue_id, at, from_state, to_state, action, note)
SELECT id, reported_at + interval '1 hour', 'accepted', 'dispatched', 'dispatch', '第三中队'
FROM issues WHERE source_id = 'R1' AND source = 'o311';
INSERT INTO open311_requests (issue_id, token, attributes)
SELECT id, '{token}', '{{"kind": ["branch"]}}' FROM issues WHERE source_id = 'B1' AND source = 'o311';
UPDATE open311_services SET type = 'batch', text_public = true WHERE code = 'greening';
"""


@dataclass
class World:
    """The application with what the tests need to know of the city.

    Attributes
    ----------
    written
        Issues and requests that the last call has left, before it was undone.
    """

    app: Flask
    connection: Connection
    keys: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    written: tuple[int, int] = (0, 0)

    def ask(self, method: str, path: str, *, key: str = "", **more: Any) -> TestResponse:
        """Call; names of issues and keys in braces are filled in, and what is written is undone."""
        headers = {"Accept-Language": "en", **more.pop("headers", {})}
        if key:
            headers["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        with self.connection.begin_nested() as undone:
            answer = self.app.test_client().open(
                "/open311" + self.fill(path), method=method, headers=headers, **more
            )
            if method == "POST":
                self.written = (self.count("issues"), self.count("open311_requests"))
            undone.rollback()
        return answer

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        return self.connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()

    def fill(self, words: str) -> str:
        """Fill in names of issues and keys."""
        return words.format(**self.ids, **self.keys)


def build_world(app: Flask, connection: Connection, session: Session) -> World:
    """Put the reports of the drawing and three keys into the city."""
    connection.execute(text(_ISSUES), {"words": WORDS})
    for statement in _REST.format(token=TOKEN).split(";\n"):
        connection.exec_driver_sql(statement)
    connection.execute(
        text("UPDATE open311_services SET attributes = CAST(:rows AS jsonb) WHERE code = 'road_damage'"),
        {"rows": json.dumps(QUESTIONS)},
    )
    connection.exec_driver_sql(
        "UPDATE buildings SET address = '海滨路12号', name = '一号楼' WHERE id = 100000011"
    )
    rows = connection.execute(text("SELECT source_id, id FROM issues WHERE source = 'o311'"))
    world = World(app, connection, ids={row.source_id: row.id for row in rows})
    for name, options in (
        ("good", {}),
        ("insider", {"reads_details": True}),
        ("gone", {}),
        ("slow", {"per_hour": 1}),
    ):
        world.keys[name], row = issue_key(session, SYSTEM, f"app {name}", **options)
        if name == "gone":
            revoke_key(session, SYSTEM, row.id)
    return world


def read(answer: TestResponse, kind: str) -> Any:
    """Read an answer as lists, dicts and texts; both formats alike. Checks what holds of every answer."""
    assert len(answer.data.decode("utf-8")) > 0
    if kind == "json":
        assert answer.content_type == "application/json; charset=utf-8"
        return _as_text(json.loads(answer.data))
    assert answer.content_type == "text/xml; charset=utf-8"
    assert answer.data.lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    root = ElementTree.fromstring(answer.data)
    assert "}" not in root.tag
    return _from_xml(root)


def _from_xml(element: ElementTree.Element) -> Any:
    if element.tag in LISTS:
        return [_from_xml(child) for child in element]
    if len(element):
        return {child.tag: _from_xml(child) for child in element}
    return element.text


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_text(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_text(part) for part in value]
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
