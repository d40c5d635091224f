-- The findings of a plan with the codes of what they are about.
-- Parameters: plan_id bigint.
-- Columns: severity, kind, grid (code), micro_grid (code or null), details (json).
-- Relies on ix_findings_plan_id.
SELECT f.severity, f.kind, g.code AS grid, m.code AS micro_grid, f.details
FROM findings f
LEFT JOIN areas g ON g.id = f.grid_id
LEFT JOIN micro_grids m ON m.id = f.micro_grid_id
WHERE f.plan_id = :plan_id
ORDER BY f.severity, f.kind, m.code, f.id
