-- What a draft leaves without a micro-grid.
-- Parameters: plan_id bigint.
-- Columns: buildings (wholly or in part), households.
-- Relies on pk_assignments.
SELECT count(DISTINCT s.building_id) AS buildings, coalesce(sum(s.households), 0) AS households
FROM assignments s
WHERE s.plan_id = :plan_id
  AND s.micro_grid_id IS NULL
