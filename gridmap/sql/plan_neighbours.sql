-- Which micro-grids of a plan are neighbours: their ground touches, or they share a building.
-- Parameters: plan_id bigint, near_degrees float (gap up to which two borders count as one).
-- Columns: a, b (ids, a < b).
-- Relies on uq_micro_grids_plan_id_code, idx_micro_grids_geom (GiST) and
-- ix_assignments_building_id_plan_id. "IS TRUE" keeps the planner, whose statistics do not know a plan just
-- written, from looking for neighbours by anything but their place.
SELECT m.id AS a, n.id AS b
FROM micro_grids m
JOIN micro_grids n ON n.geom && ST_Expand(m.geom, :near_degrees)
    AND (n.plan_id = :plan_id) IS TRUE
    AND (n.id > m.id) IS TRUE
    AND ST_DWithin(m.geom, n.geom, :near_degrees)
WHERE m.plan_id = :plan_id
UNION
SELECT s.micro_grid_id, t.micro_grid_id
FROM assignments s
JOIN assignments t ON t.building_id = s.building_id
    AND t.plan_id = s.plan_id
    AND t.micro_grid_id > s.micro_grid_id
WHERE s.plan_id = :plan_id
  AND s.entrance_number IS NOT NULL
ORDER BY a, b
