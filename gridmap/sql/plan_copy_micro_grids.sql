-- Copy the micro-grids of a plan into another, valid for nobody yet.
-- Parameters: source_id bigint, plan_id bigint (the plan that gets them).
-- Returns: nothing.
-- Relies on uq_micro_grids_plan_id_code.
INSERT INTO micro_grids (plan_id, grid_id, code, households, households_estimated, building_count, status, stacked,
                         locked, colour, contents, compactness, label, geom)
SELECT :plan_id, m.grid_id, m.code, m.households, m.households_estimated, m.building_count, m.status, m.stacked,
       m.locked, m.colour, m.contents, m.compactness, m.label, m.geom
FROM micro_grids m
WHERE m.plan_id = :source_id
ORDER BY m.id
