-- Which building, or part of one, is assigned to which micro-grid of one plan, or of all that is published.
-- Parameters: plan_id bigint (0 = what is published).
-- Columns: building_id, entrance (-1 = all), floor_from (-32768), floor_to (32767), micro_grid_id.
-- Relies on pk_assignments for a plan.
SELECT a.building_id, coalesce(a.entrance_number, CAST(-1 AS smallint)) AS entrance,
       coalesce(a.floor_from, CAST(-32768 AS smallint)) AS floor_from,
       coalesce(a.floor_to, CAST(32767 AS smallint)) AS floor_to, a.micro_grid_id
FROM assignments a
JOIN micro_grids m ON m.id = a.micro_grid_id
WHERE CASE WHEN CAST(:plan_id AS bigint) = 0 THEN m.valid_from IS NOT NULL AND m.valid_to IS NULL
           ELSE a.plan_id = CAST(:plan_id AS bigint) END
ORDER BY a.building_id, a.micro_grid_id
