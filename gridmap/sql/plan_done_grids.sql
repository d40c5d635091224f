-- The grids that a plan has divided already.
-- Parameters: plan_id bigint.
-- Columns: id.
-- Relies on uq_micro_grids_plan_id_code.
SELECT DISTINCT grid_id AS id
FROM micro_grids
WHERE plan_id = :plan_id
