-- Keep what the engine proved when it made a plan: micro-grids outside the band that cannot be had better.
-- Parameters: plan_id bigint, kinds text[] (findings that are proofs).
-- Returns: nothing.
-- Relies on ix_findings_plan_id and pk_micro_grids.
INSERT INTO plan_proofs (plan_id, micro_grid_code, kind, households)
SELECT DISTINCT ON (m.code) m.plan_id, m.code, f.kind, m.households
FROM findings f
JOIN micro_grids m ON m.id = f.micro_grid_id
WHERE f.plan_id = :plan_id
  AND f.kind = ANY(CAST(:kinds AS text[]))
  AND CAST(f.details ->> 'households' AS int) = m.households
ORDER BY m.code, f.id
ON CONFLICT DO NOTHING
