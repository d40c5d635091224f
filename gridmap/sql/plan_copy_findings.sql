-- Copy the findings of a plan into another that has the same micro-grids already.
-- Parameters: source_id bigint, plan_id bigint (the plan that gets them).
-- Returns: nothing.
-- Relies on ix_findings_plan_id, pk_micro_grids and uq_micro_grids_plan_id_code.
INSERT INTO findings (plan_id, grid_id, micro_grid_id, kind, severity, details)
SELECT :plan_id, f.grid_id, n.id, f.kind, f.severity, f.details
FROM findings f
LEFT JOIN micro_grids m ON m.id = f.micro_grid_id
LEFT JOIN micro_grids n ON n.plan_id = :plan_id AND n.code = m.code
WHERE f.plan_id = :source_id
ORDER BY f.id
