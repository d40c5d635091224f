-- The atoms of a plan with the number of the micro-grid that holds them.
-- Parameters: plan_id bigint.
-- Columns: atom, building_id, entrance_number, floor_from, floor_to, households, households_estimated,
--          micro_grid (id of the micro-grid, null = unassigned), parent_id (its grid).
-- Relies on pk_assignments.
SELECT s.atom, s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households,
       s.households_estimated, s.micro_grid_id AS micro_grid, b.grid_id AS parent_id
FROM assignments s
JOIN buildings b ON b.id = s.building_id
WHERE s.plan_id = :plan_id
ORDER BY s.atom
