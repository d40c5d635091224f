-- Which micro-grids of an area, by the plan in force at a moment, somebody of a role is posted to, directly or through an area above.
-- Parameters: area_id bigint; role text; on_date date (a posting's last day is included);
--             at timestamptz (whose plan counts);
--             through text[], the levels whose postings count: micro_grid, grid, community, street, district;
--             with_shapes boolean.
-- Columns: code, grid_code, households, households_estimated, contents, plan_id, covered_by (the nearest level
--          that covers it, empty = nobody), geometry (GeoJSON text of the uncovered, 6 decimals; a micro-grid
--          without ground gives its label point).
-- Relies on ix_areas_lineage (GIN) or ix_areas_level, ix_micro_grids_grid_id, ix_staff_role.
WITH posted AS MATERIALIZED (
    SELECT DISTINCT p.micro_grid_code, p.area_id
    FROM staff s
    JOIN postings p ON p.staff_id = s.id
    WHERE s.role = :role
      AND p.starts_on <= :on_date
      AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
      AND (p.micro_grid_code IS NOT NULL OR p.area_id IS NOT NULL)
), covering AS MATERIALIZED (
    SELECT a.id, a.level
    FROM posted
    JOIN areas a ON a.id = posted.area_id
    WHERE a.level = ANY(CAST(:through AS text[]))
), grids AS MATERIALIZED (
    SELECT g.id, g.code,
           (SELECT c.level FROM covering c WHERE c.id = ANY(g.lineage)
            ORDER BY array_position(g.lineage, c.id) DESC LIMIT 1) AS covered_by
    FROM areas g
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)]
      AND g.level = 'grid'
), answer AS (
    SELECT m.code, g.code AS grid_code, m.households, m.households_estimated, m.contents, m.plan_id, m.geom,
           m.label,
           CASE WHEN direct.micro_grid_code IS NOT NULL THEN 'micro_grid' ELSE g.covered_by END AS covered_by
    FROM grids g
    JOIN micro_grids m ON m.grid_id = g.id AND m.valid_from <= :at AND (m.valid_to IS NULL OR m.valid_to > :at)
    LEFT JOIN posted direct
        ON direct.micro_grid_code = m.code AND 'micro_grid' = ANY(CAST(:through AS text[]))
)
SELECT code, grid_code, households, households_estimated, contents, plan_id, covered_by,
       CASE WHEN covered_by IS NULL AND :with_shapes THEN ST_AsGeoJSON(coalesce(geom, label), 6) END AS geometry
FROM answer
ORDER BY code
