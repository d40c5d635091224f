-- Which homes of an area a notice has to reach, by building and micro-grid of the published plans, each home once.
-- Parameters: area_id bigint.
-- Columns: building_id, micro_grid_code, plan_id (both empty for homes that no micro-grid holds), households,
--          households_estimated.
-- A building of one micro-grid counts as the register counts it today, a divided one as the plan divides it.
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id, ix_assignments_building_id_plan_id.
WITH homes AS MATERIALIZED (
    SELECT b.id, b.households, b.households_estimated
    FROM areas g
    JOIN buildings b ON b.grid_id = g.id AND b.households > 0
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)]
), held AS (
    SELECT h.id, m.code, m.plan_id, sum(a.households)::int AS households,
           bool_or(a.households_estimated) AS households_estimated, count(*) OVER (PARTITION BY h.id) AS holders
    FROM homes h
    JOIN assignments a ON a.building_id = h.id
    JOIN micro_grids m ON m.id = a.micro_grid_id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    GROUP BY h.id, m.code, m.plan_id
)
SELECT h.id AS building_id, held.code AS micro_grid_code, held.plan_id,
       CASE WHEN held.holders > 1 THEN held.households ELSE h.households END AS households,
       CASE WHEN held.holders > 1 THEN held.households_estimated ELSE h.households_estimated END
           AS households_estimated
FROM homes h
LEFT JOIN held USING (id)
WHERE held.holders IS NULL OR held.holders = 1 OR held.households > 0
ORDER BY building_id, micro_grid_code
