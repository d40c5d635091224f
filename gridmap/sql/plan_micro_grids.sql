-- The micro-grids of a plan.
-- Parameters: plan_id bigint.
-- Columns: number (id), parent_id (grid), parent_code, code, households, households_estimated,
--          building_count, status, stacked, locked, colour, contents, compactness, geometry (WKB or null:
--          upper floors only).
-- Relies on uq_micro_grids_plan_id_code.
SELECT m.id AS number, m.grid_id AS parent_id, a.code AS parent_code, m.code, m.households,
       m.households_estimated, m.building_count, m.status, m.stacked, m.locked, m.colour, m.contents,
       m.compactness, ST_AsBinary(m.geom) AS geometry
FROM micro_grids m
JOIN areas a ON a.id = m.grid_id
WHERE m.plan_id = :plan_id
ORDER BY m.code
