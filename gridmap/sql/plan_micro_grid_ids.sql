-- The micro-grids of a plan, in the order they were made.
-- Parameters: plan_id bigint.
-- Columns: id.
-- Relies on uq_micro_grids_plan_id_code.
SELECT id
FROM micro_grids
WHERE plan_id = :plan_id
ORDER BY id
