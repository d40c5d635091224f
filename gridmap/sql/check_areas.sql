-- Which staged areas cannot stand: unknown parent, parent of the wrong level, more than :outside_share of the area
-- outside its parent (or a child of it left outside), more than that shared with another area of its level.
-- Parameters: outside_share (0-1). Shares are of areas in degrees, whose distortion cancels out.
-- Returns: part, number, column_name, reason, value, hint.
-- Relies on: uq_areas_code, idx_areas_geom, the index on staged_areas.geom.
WITH ranks (level, rank, parents) AS (
    VALUES ('district', 1, '-'), ('street', 2, 'district'), ('community', 3, 'street | district'),
           ('grid', 4, 'community | street | district')
),
standing AS (
    SELECT code, level, geom FROM staged_areas
    UNION ALL
    SELECT a.code, a.level, a.geom FROM areas a
    WHERE a.code IN (SELECT parent_code FROM staged_areas)
      AND NOT EXISTS (SELECT FROM staged_areas s WHERE s.code = a.code)
),
pairs AS (
    SELECT s.part, s.number, s.code, s.parent_code, s.geom, p.code AS found, p.geom AS parent_geom,
           parent_rank.rank AS parent_rank, own_rank.rank AS own_rank, own_rank.parents
    FROM staged_areas s
    JOIN ranks own_rank ON own_rank.level = s.level
    LEFT JOIN standing p ON p.code = s.parent_code
    LEFT JOIN ranks parent_rank ON parent_rank.level = p.level
    WHERE s.parent_code IS NOT NULL
),
outside AS (
    SELECT part, number, parent_code,
           ST_Area(ST_Difference(geom, parent_geom)) / ST_Area(geom) AS share
    FROM pairs
    WHERE parent_rank < own_rank AND NOT ST_CoveredBy(geom, parent_geom)
),
left_behind AS (
    SELECT s.part, s.number, child.code, ST_Area(ST_Difference(child.geom, s.geom)) / ST_Area(child.geom) AS share
    FROM staged_areas s
    JOIN areas was ON was.code = s.code
    JOIN areas child ON child.parent_id = was.id
    WHERE NOT EXISTS (SELECT FROM staged_areas other WHERE other.code = child.code)
      AND NOT ST_CoveredBy(child.geom, s.geom)
),
touching AS (
    SELECT s.part, s.number, s.geom, o.code, o.geom AS other_geom
    FROM staged_areas s
    JOIN staged_areas o ON o.geom && s.geom AND o.level = s.level AND (o.part, o.number) < (s.part, s.number)
    UNION ALL
    SELECT s.part, s.number, s.geom, a.code, a.geom
    FROM staged_areas s
    JOIN areas a ON a.geom && s.geom AND a.level = s.level
    WHERE NOT EXISTS (SELECT FROM staged_areas other WHERE other.code = a.code)
),
overlapping AS (
    SELECT part, number, code,
           ST_Area(ST_Intersection(geom, other_geom)) / least(ST_Area(geom), ST_Area(other_geom)) AS share
    FROM touching
    WHERE ST_Intersects(geom, other_geom) AND NOT ST_Touches(geom, other_geom)
)
SELECT part, number, 'parent_code' AS column_name, 'unknown_parent' AS reason, parent_code AS value, '' AS hint
FROM pairs WHERE found IS NULL
UNION ALL
SELECT part, number, 'parent_code', 'wrong_parent_level', parent_code, parents
FROM pairs WHERE parent_rank >= own_rank
UNION ALL
SELECT part, number, 'geometry', 'outside_parent', round((100 * share)::numeric, 1) || ' %', parent_code
FROM outside WHERE share > :outside_share
UNION ALL
SELECT part, number, 'geometry', 'leaves_child_outside', round((100 * share)::numeric, 1) || ' %', code
FROM left_behind WHERE share > :outside_share
UNION ALL
SELECT part, number, 'geometry', 'overlaps_sibling', round((100 * share)::numeric, 1) || ' %', code
FROM overlapping WHERE share > :outside_share
ORDER BY part, number
