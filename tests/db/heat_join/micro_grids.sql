-- Issues of a period by published micro-grid of an area.
-- Parameters: area_id bigint; starts_at, ends_at timestamptz (half-open); category text (empty text = all).
-- Columns: code (empty = the issues of the area that found no cell), name, households, households_estimated,
--          plan_id, issues, by_point (those of them that a point, not a building, has put there).
-- An issue goes where its building is assigned; where the building is divided, by entrance and floor if they
-- leave one micro-grid; else by its point in the ground polygon (on a border: the lower id). Flagged issues are
-- left out.
-- Relies on ix_areas_lineage (GIN) or ix_areas_level, ix_micro_grids_grid_id, ix_assignments_micro_grid_id,
-- ix_issues_reported_at_category; idx_issues_geom (GiST) for a long period, idx_micro_grids_geom for a short one.
WITH grids AS MATERIALIZED (
    SELECT id FROM areas WHERE lineage @> ARRAY[CAST(:area_id AS bigint)] AND level = 'grid'
), cells AS MATERIALIZED (
    SELECT m.id, m.code, m.contents, m.households, m.households_estimated, m.plan_id
    FROM grids g
    JOIN micro_grids m ON m.grid_id = g.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
), assigned AS MATERIALIZED (
    SELECT a.building_id, a.entrance_number, a.floor_from, a.floor_to, a.micro_grid_id
    FROM cells c
    JOIN assignments a ON a.micro_grid_id = c.id
), homes AS MATERIALIZED (
    SELECT building_id, min(micro_grid_id) AS cell_id, min(micro_grid_id) <> max(micro_grid_id) AS divided
    FROM assigned
    GROUP BY building_id
), asked AS MATERIALIZED (
    SELECT i.id, i.entrance_number, i.floor, i.grid_id, i.geom, h.building_id, h.cell_id,
           coalesce(h.divided, true) AS unsettled
    FROM issues i
    LEFT JOIN homes h ON h.building_id = i.building_id
    WHERE i.reported_at >= CAST(:starts_at AS timestamptz)
      AND i.reported_at < CAST(:ends_at AS timestamptz)
      AND (CAST(:category AS text) = '' OR i.category = :category)
      AND i.flags = '{}'
), by_part AS MATERIALIZED (
    SELECT i.id, min(a.micro_grid_id) AS cell_id
    FROM asked i
    JOIN assigned a ON a.building_id = i.building_id
        AND coalesce(a.entrance_number = i.entrance_number, true)
        AND coalesce(i.floor BETWEEN a.floor_from AND a.floor_to, true)
    WHERE i.unsettled
    GROUP BY i.id
    HAVING min(a.micro_grid_id) = max(a.micro_grid_id)
), by_point AS MATERIALIZED (
    SELECT i.id, min(m.id) AS cell_id
    FROM micro_grids m
    JOIN issues i ON ST_Intersects(m.geom, i.geom)
    WHERE m.valid_from IS NOT NULL AND m.valid_to IS NULL
      AND m.grid_id IN (SELECT id FROM grids)
      AND i.reported_at >= CAST(:starts_at AS timestamptz)
      AND i.reported_at < CAST(:ends_at AS timestamptz)
      AND (CAST(:category AS text) = '' OR i.category = :category)
      AND i.flags = '{}'
      AND (i.building_id IS NULL OR i.building_id NOT IN (SELECT building_id FROM homes WHERE NOT divided))
      AND i.id NOT IN (SELECT id FROM by_part)
    GROUP BY i.id
), placed AS (
    SELECT cell_id, count(*) AS issues, 0 AS by_point FROM asked WHERE NOT unsettled GROUP BY cell_id
    UNION ALL
    SELECT cell_id, count(*), 0 FROM by_part GROUP BY cell_id
    UNION ALL
    SELECT cell_id, count(*), count(*) FROM by_point GROUP BY cell_id
), counted AS (
    SELECT cell_id, sum(issues) AS issues, sum(by_point) AS by_point FROM placed GROUP BY cell_id
)
SELECT c.code, c.contents AS name, c.households, c.households_estimated, c.plan_id,
       CAST(coalesce(n.issues, 0) AS bigint) AS issues, CAST(coalesce(n.by_point, 0) AS bigint) AS by_point
FROM cells c
LEFT JOIN counted n ON n.cell_id = c.id
UNION ALL
SELECT NULL, NULL, 0, false, NULL, count(*), 0
FROM asked i
WHERE i.unsettled
  AND i.id NOT IN (SELECT id FROM by_part)
  AND i.id NOT IN (SELECT id FROM by_point)
  AND (i.grid_id IN (SELECT id FROM grids)
       OR i.grid_id IS NULL
          AND (i.geom IS NULL
               OR ST_Intersects((SELECT geom FROM areas WHERE id = CAST(:area_id AS bigint)), i.geom)))
ORDER BY code
