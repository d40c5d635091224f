-- What belongs where in some grids of a plan; a building without a row stands unassigned.
-- Parameters: plan_id bigint; grid_ids bigint[].
-- Columns: grid_id, building_id, entrance_number, floor_from, floor_to, code (micro-grid or null).
-- Relies on ix_buildings_grid_id and ix_assignments_building_id_plan_id.
SELECT b.grid_id, s.building_id, s.entrance_number, s.floor_from, s.floor_to, m.code
FROM buildings b
JOIN assignments s ON s.building_id = b.id AND s.plan_id = :plan_id
LEFT JOIN micro_grids m ON m.id = s.micro_grid_id AND m.grid_id = b.grid_id
WHERE b.grid_id = ANY(CAST(:grid_ids AS bigint[]))
ORDER BY s.building_id, s.entrance_number NULLS FIRST, s.floor_from NULLS FIRST
