-- Buildings that stand in the grids of an area and have no micro-grid in a plan: built since, or left unassigned.
-- Parameters: plan_id bigint, area_id bigint (the plan's area).
-- Columns: building_id, building, grid (code), households (without a micro-grid), households_estimated,
--          is_new (the plan does not know it), since (when it came into the tables), lon, lat.
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id and ix_assignments_building_id_plan_id.
SELECT b.id AS building_id, b.name AS building, a.code AS grid, coalesce(s.households, b.households) AS households,
       b.households_estimated,
       s.known IS NULL AS is_new, b.created_at AS since, ST_X(b.point) AS lon, ST_Y(b.point) AS lat
FROM areas a
JOIN buildings b ON b.grid_id = a.id
LEFT JOIN LATERAL (
    SELECT count(*) AS known, count(micro_grid_id) AS held,
           sum(s.households) FILTER (WHERE micro_grid_id IS NULL) AS households
    FROM assignments s
    WHERE s.building_id = b.id AND s.plan_id = :plan_id
    HAVING count(*) > 0
) s ON true
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
  AND coalesce(s.held, 0) < coalesce(s.known, 1)
  -- A park or a factory has grids without micro-grids: what nobody lives in has no place to look for there.
  AND (b.households > 0
       OR s.known IS NULL AND EXISTS (SELECT FROM micro_grids m WHERE m.plan_id = :plan_id AND m.grid_id = a.id))
ORDER BY b.created_at, b.id
