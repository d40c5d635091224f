-- The micro-grids of a plan around some buildings, in the same grid, the nearest first.
-- Parameters: plan_id bigint, building_ids bigint[].
-- Columns: building_id, code, households (of the micro-grid), distance_m (to the nearest building it holds).
-- Relies on pk_buildings, ix_buildings_grid_id and ix_assignments_building_id_plan_id.
SELECT b.id AS building_id, m.code, m.households, min(ST_Distance(b.geom::geography, o.geom::geography)) AS distance_m
FROM buildings b
JOIN buildings o ON o.grid_id = b.grid_id AND o.id <> b.id
JOIN assignments s ON s.building_id = o.id AND s.plan_id = :plan_id
JOIN micro_grids m ON m.id = s.micro_grid_id AND m.grid_id = b.grid_id
WHERE b.id = ANY(CAST(:building_ids AS bigint[]))
GROUP BY b.id, m.code, m.households
ORDER BY b.id, distance_m, m.code
