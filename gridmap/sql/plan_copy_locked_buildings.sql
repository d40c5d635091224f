-- Copy which buildings are locked in a plan to another plan; who locked them, and when, stays.
-- Parameters: source_id bigint, plan_id bigint (the plan that gets them).
-- Returns: nothing.
-- Relies on pk_plan_locked_buildings.
INSERT INTO plan_locked_buildings (plan_id, building_id, account_id, created_at)
SELECT :plan_id, l.building_id, l.account_id, l.created_at
FROM plan_locked_buildings l
WHERE l.plan_id = :source_id
