-- Copy the waivers of a plan into another plan with the same micro-grids; who approved them, and when, stays.
-- Parameters: source_id bigint, plan_id bigint (the plan that gets them).
-- Returns: nothing.
-- Relies on uq_waivers_finding.
INSERT INTO waivers (plan_id, grid_id, micro_grid_code, kind, households, reason, approved_by, created_at, expires_on)
SELECT :plan_id, w.grid_id, w.micro_grid_code, w.kind, w.households, w.reason, w.approved_by, w.created_at,
       w.expires_on
FROM waivers w
WHERE w.plan_id = :source_id
ORDER BY w.id
