-- Issues of a period by area of one level inside an area.
-- Parameters: area_id bigint; level text (grid or community); starts_at, ends_at timestamptz (half-open);
--             category text (empty text = all).
-- Columns: code (empty = the issues of the area that found no cell), name, households, households_estimated,
--          plan_id (always empty), issues, by_point (those that a point, not a building, has put there).
-- An issue goes where its building's grid lies, else by its point in a grid (on a border: the lower id); flagged
-- issues are left out.
-- Relies on ix_areas_lineage (GIN) or ix_areas_level, ix_buildings_grid_id, ix_issues_reported_at_category,
-- idx_areas_geom (GiST).
WITH grids AS MATERIALIZED (
    SELECT g.id, c.id AS cell_id
    FROM areas g
    JOIN areas c ON c.id = ANY(g.lineage) AND c.level = :level
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)] AND g.level = 'grid'
), homes AS MATERIALIZED (
    SELECT b.id AS building_id, g.cell_id, b.households, b.households_estimated
    FROM grids g
    JOIN buildings b ON b.grid_id = g.id
), asked AS MATERIALIZED (
    SELECT i.id, i.grid_id, i.geom, h.cell_id
    FROM issues i
    LEFT JOIN homes h ON h.building_id = i.building_id
    WHERE i.reported_at >= CAST(:starts_at AS timestamptz)
      AND i.reported_at < CAST(:ends_at AS timestamptz)
      AND (CAST(:category AS text) = '' OR i.category = :category)
      AND i.flags = '{}'
), touched AS MATERIALIZED (
    SELECT i.id, min(a.id) AS grid_id
    FROM asked i
    JOIN areas a ON ST_Intersects(a.geom, i.geom) AND a.level = 'grid'
    WHERE i.cell_id IS NULL
    GROUP BY i.id
), by_point AS MATERIALIZED (
    SELECT t.id, g.cell_id
    FROM touched t
    JOIN grids g ON g.id = t.grid_id
), counted AS (
    SELECT cell_id, sum(issues) AS issues, sum(by_point) AS by_point
    FROM (
        SELECT cell_id, count(*) AS issues, 0 AS by_point FROM asked WHERE cell_id IS NOT NULL GROUP BY cell_id
        UNION ALL
        SELECT cell_id, count(*), count(*) FROM by_point GROUP BY cell_id
    ) placed
    GROUP BY cell_id
), peopled AS (
    SELECT cell_id, sum(households) AS households,
           coalesce(bool_or(households_estimated AND households > 0), false) AS households_estimated
    FROM homes
    GROUP BY cell_id
)
SELECT c.code, c.name, CAST(coalesce(h.households, 0) AS bigint) AS households,
       coalesce(h.households_estimated, false) AS households_estimated, CAST(NULL AS bigint) AS plan_id,
       CAST(coalesce(n.issues, 0) AS bigint) AS issues, CAST(coalesce(n.by_point, 0) AS bigint) AS by_point
FROM areas c
LEFT JOIN counted n ON n.cell_id = c.id
LEFT JOIN peopled h ON h.cell_id = c.id
WHERE c.lineage @> ARRAY[CAST(:area_id AS bigint)] AND c.level = :level
UNION ALL
SELECT NULL, NULL, 0, false, NULL, count(*), 0
FROM asked i
WHERE i.cell_id IS NULL
  AND i.id NOT IN (SELECT id FROM by_point)
  AND (i.grid_id IN (SELECT id FROM grids)
       OR i.grid_id IS NULL
          AND (i.geom IS NULL
               OR ST_Intersects((SELECT geom FROM areas WHERE id = CAST(:area_id AS bigint)), i.geom)))
ORDER BY code
