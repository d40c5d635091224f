-- Copy the atoms of a plan into another that has the same micro-grids already; unassigned ones stay unassigned.
-- Parameters: source_id bigint, plan_id bigint (the plan that gets them).
-- Returns: nothing.
-- Relies on pk_assignments, pk_micro_grids and uq_micro_grids_plan_id_code.
INSERT INTO assignments (plan_id, atom, building_id, entrance_number, floor_from, floor_to, households,
                         households_estimated, micro_grid_id)
SELECT :plan_id, s.atom, s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households,
       s.households_estimated, n.id
FROM assignments s
LEFT JOIN micro_grids m ON m.id = s.micro_grid_id
LEFT JOIN micro_grids n ON n.plan_id = :plan_id AND n.code = m.code
WHERE s.plan_id = :source_id
