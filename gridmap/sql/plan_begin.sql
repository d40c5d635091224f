-- Make a plan's micro-grids valid from the instant of the transaction; those of its area have been ended.
-- Parameters: plan_id bigint.
-- Columns: code (of each micro-grid begun).
-- Relies on uq_micro_grids_plan_id_code.
UPDATE micro_grids
SET valid_from = now()
WHERE plan_id = :plan_id
RETURNING code
