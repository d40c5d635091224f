-- Copy what the engine proved of a plan's micro-grids into another plan with the same ones.
-- Parameters: source_id bigint, plan_id bigint (the plan that gets them).
-- Returns: nothing.
-- Relies on pk_plan_proofs.
INSERT INTO plan_proofs (plan_id, micro_grid_code, kind, households)
SELECT :plan_id, p.micro_grid_code, p.kind, p.households
FROM plan_proofs p
WHERE p.plan_id = :source_id
