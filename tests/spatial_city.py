"""A city of equal cells for the spatial queries: regular, so that every figure can be worked by hand.

    district "D1"            columns x rows grids, each 0.005 degrees wide and 0.004 high (about 440 m)
    streets  "S<c>"          five columns of grids each, all rows
    communities "C<c>-<r>"   five grids side by side
    grids    "G<c>-<r>"      six micro-grids, three wide and two high
    micro-grids "G<c>-<r>-<n>"  n = 1..3 in the lower row, 4..6 in the upper; five buildings of 13 households
                             make 65; each has a posted grid officer but the sixth of every grid
    stations "ST<c>-<r>"     in the middle of every third grid of every third row

Everything lies east and north of (120.70 E, 37.75 N) and follows from the arguments alone; nothing is random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

WEST, SOUTH = 120.70, 37.75
GRID_WIDTH, GRID_HEIGHT = 0.005, 0.004

_AREAS = """
WITH cells AS (
    SELECT c, r, CAST(:west + c * 0.005 AS float8) AS x, CAST(:south + r * 0.004 AS float8) AS y
    FROM generate_series(0, :columns - 1) c, generate_series(0, :rows - 1) r
), district AS (
    INSERT INTO areas (id, code, level, name, parent_id, lineage, geom)
    SELECT 1, 'D1', 'district', '示范区', NULL, ARRAY[1], ST_Multi(ST_MakeEnvelope(:west, :south,
        :west + :columns * 0.005, :south + :rows * 0.004, 4326))
), streets AS (
    INSERT INTO areas (id, code, level, name, parent_id, lineage, geom)
    SELECT 10 + c / 5, 'S' || c / 5, 'street', '第' || c / 5 || '街道', 1, ARRAY[1, 10 + c / 5],
        ST_Multi(ST_MakeEnvelope(min(x), min(y), max(x) + 0.005, max(y) + 0.004, 4326))
    FROM cells GROUP BY c / 5
), communities AS (
    INSERT INTO areas (id, code, level, name, parent_id, lineage, geom)
    SELECT 1000 + c / 5 * 1000 + r, 'C' || c / 5 || '-' || r, 'community', '社区' || c / 5 || '-' || r,
        10 + c / 5, ARRAY[1, 10 + c / 5, 1000 + c / 5 * 1000 + r],
        ST_Multi(ST_MakeEnvelope(min(x), min(y), max(x) + 0.005, max(y) + 0.004, 4326))
    FROM cells GROUP BY c / 5, r
)
INSERT INTO areas (id, code, level, name, parent_id, lineage, geom)
SELECT 1000000 + c * 1000 + r, 'G' || c || '-' || r, 'grid', '网格' || c || '-' || r, 1000 + c / 5 * 1000 + r,
    ARRAY[1, 10 + c / 5, 1000 + c / 5 * 1000 + r, 1000000 + c * 1000 + r],
    ST_Multi(ST_MakeEnvelope(x, y, x + 0.005, y + 0.004, 4326))
FROM cells
"""
_PLAN = """
INSERT INTO plans (id, area_id, status, seed, rules, published_at)
VALUES (1, 1, 'published', 0, '{}', '2026-01-01T00:00:00Z')
"""
_MICRO_GRIDS = """
INSERT INTO micro_grids (id, plan_id, grid_id, code, households, households_estimated, building_count, status,
                         stacked, colour, contents, label, geom, valid_from)
SELECT g.id * 10 + n, 1, g.id, g.code || '-' || n, 65, false, 5, 'in_band', false, n - 1, '五栋楼',
    ST_Centroid(cell), ST_Multi(cell), '2026-01-01T00:00:00Z'
FROM areas g, generate_series(1, 6) n,
    LATERAL (SELECT ST_MakeEnvelope(
        ST_XMin(g.geom) + (n - 1) % 3 * 0.005 / 3, ST_YMin(g.geom) + (n - 1) / 3 * 0.002,
        ST_XMin(g.geom) + ((n - 1) % 3 + 1) * 0.005 / 3, ST_YMin(g.geom) + ((n - 1) / 3 + 1) * 0.002, 4326)
        AS cell) c
WHERE g.level = 'grid'
"""
_BUILDINGS = """
INSERT INTO buildings (id, source, source_id, use, storeys, entrance_count, households, households_source,
                       households_estimated, grid_id, geom)
SELECT m.id * 10 + n, 'town', (m.id * 10 + n)::text, 'residential', 6, 2, 13, 'register', false, m.grid_id,
    ST_Multi(ST_MakeEnvelope(x + 0.0001, y, x + 0.0015, y + 0.0002, 4326))
FROM micro_grids m, generate_series(1, 5) n,
    LATERAL (SELECT ST_XMin(m.geom) AS x, ST_YMin(m.geom) + n * 0.00033 AS y) c
"""
_ASSIGNMENTS = """
INSERT INTO assignments (plan_id, atom, building_id, households, households_estimated, micro_grid_id)
SELECT 1, 'b' || id, id, households, false, id / 10 FROM buildings
"""
_STATIONS = """
INSERT INTO stations (id, code, name, kind, phone, grid_id, geom)
SELECT id, 'ST' || substr(code, 2), '服务站' || substr(code, 2), 'station', '0535-' || id, id,
    ST_Centroid(geom)
FROM areas WHERE level = 'grid' AND id / 1000 % 3 = 1 AND id % 1000 % 3 = 1
"""
_ROADS = """
INSERT INTO roads (source, source_id, class, geom)
SELECT 'town', 'r' || id, CASE WHEN id % 5 = 0 THEN 'primary' ELSE 'residential' END,
    ST_Multi(ST_SetSRID(ST_MakeLine(ST_MakePoint(ST_XMin(geom), ST_YMin(geom)),
                                    ST_MakePoint(ST_XMax(geom), ST_YMin(geom))), 4326))
FROM areas WHERE level = 'grid'
"""
_BARRIERS = """
INSERT INTO barriers (source, source_id, kind, geom, surface)
SELECT 'town', 'river', 'river', ST_Multi(course), ST_Multi(ST_Buffer(course, 0.0004))
FROM (SELECT ST_SetSRID(ST_MakeLine(ST_MakePoint(:west, :south + 0.008),
                                    ST_MakePoint(:west + 0.02, :south + 0.009)), 4326) AS course) c
UNION ALL
SELECT 'town', 'rail', 'railway', ST_Multi(ST_SetSRID(ST_MakeLine(ST_MakePoint(:west, :south + 0.01),
    ST_MakePoint(:west + 0.02, :south + 0.011)), 4326)), NULL
"""
_COMPOUNDS = """
INSERT INTO compounds (id, code, name, kind, geom)
SELECT id, 'X' || code, '小区' || code, 'commercial', geom
FROM areas WHERE level = 'grid' AND id % 1000 % 2 = 0
"""

# Six posts at a station and upwards; shifts of eight hours follow each other round the clock, each post has
# one in three of them, so a third of the staff is on duty at any time.
_STAFF = """
INSERT INTO staff (id, code, role, station_id, duty_phone)
SELECT i, 'P' || lpad(i::text, 6, '0'), (ARRAY['grid_officer', 'community_worker', 'police'])[1 + i % 3],
    s.id, '138' || lpad(i::text, 8, '0')
FROM generate_series(1, :staff) i
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS total FROM stations) s
    ON s.n = i % s.total
"""
_SHIFTS = """
INSERT INTO shifts (staff_id, station_id, starts_at, ends_at, spot)
SELECT p.id, p.station_id, starts_at, starts_at + interval '8 hours', s.geom::geography
FROM staff p JOIN stations s ON s.id = p.station_id,
    generate_series(0, :days - 1) d,
    LATERAL (SELECT CAST('2026-11-02T00:00:00Z' AS timestamptz) + d * interval '1 day'
                    + (p.id / 3 + d) % 3 * interval '8 hours' AS starts_at) t
"""
_POSTINGS = """
INSERT INTO postings (staff_id, micro_grid_code, starts_on)
SELECT 3 * (1 + m.n % (:staff / 3)), m.code, '2026-01-01'
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM micro_grids) m WHERE m.id % 10 <> 6
"""
# Three in four issues know their building, the rest only their point; one in fifty is flagged.
_ISSUES = """
INSERT INTO issues (source, source_id, category, state, reported_at, building_id, grid_id, geom, flags)
SELECT 'town', i::text, (ARRAY['noise', 'water', 'waste', 'parking'])[1 + i % 4], 'reported',
    CAST('2026-01-01T00:00:00Z' AS timestamptz) + (i % 365) * interval '1 day' + (i % 24) * interval '1 hour',
    CASE WHEN i % 4 > 0 THEN b.id END, b.grid_id, ST_Centroid(b.geom),
    CASE WHEN i % 50 = 0 THEN ARRAY['placeholder_point'] ELSE '{}'::text[] END
FROM (SELECT i, (CAST(i AS bigint) * 7919) % (SELECT count(*) FROM buildings) AS n
      FROM generate_series(1, :issues) i) t
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n FROM buildings) b USING (n)
"""
# Each issue has run its first two clocks: accepted after half a day, settled after one and a half.
_CLOCKS = """
INSERT INTO issue_clocks (issue_id, clock, round_number, starts_at, due_at, ended_at, ended_how)
SELECT i.id, c.clock, 1, i.reported_at, i.reported_at + c.days * interval '1 day',
    i.reported_at + (c.days - 0.5) * interval '1 day', 'met'
FROM issues i, (VALUES ('accept', 1), ('settle', 2)) c(clock, days)
"""
TABLES = """areas plans micro_grids buildings assignments stations roads barriers compounds staff shifts
            postings issues issue_clocks"""


def fill(
    connection: Connection,
    *,
    columns: int = 20,
    rows: int = 17,
    staff: int = 5000,
    days: int = 14,
    issues: int = 40_000,
) -> None:
    """Fill an empty migrated database; 20 x 17 grids make 2,040 micro-grids, 10,200 buildings."""
    values = {"west": WEST, "south": SOUTH, "columns": columns, "rows": rows}
    values |= {"staff": staff, "days": days, "issues": issues}
    steps = [_AREAS, _PLAN, _MICRO_GRIDS, _BUILDINGS, _ASSIGNMENTS, _STATIONS, _ROADS, _BARRIERS, _COMPOUNDS]
    for step in [*steps, _STAFF, _SHIFTS, _POSTINGS, _ISSUES, _CLOCKS]:
        statement = text(step)
        used = {name: value for name, value in values.items() if f":{name}" in step}
        connection.execute(statement, used)
    for table in TABLES.split():
        connection.execute(text(f"ANALYZE {table}"))
