-- The edges of the adjacency graph that people removed or added in some grids: what the next plan obeys.
-- Parameters: grid_ids bigint[].
-- Columns: parent_id (grid), building_a, entrance_a, building_b, entrance_b (null = the whole building),
--          action (remove, add), reason. Edits of buildings that have come into another grid are left out.
-- Relies on ix_graph_edits_grid_id and pk_buildings.
SELECT e.grid_id AS parent_id, e.building_a_id AS building_a, e.entrance_a, e.building_b_id AS building_b,
       e.entrance_b, e.action, e.reason
FROM graph_edits e
JOIN buildings a ON a.id = e.building_a_id AND a.grid_id = e.grid_id
JOIN buildings b ON b.id = e.building_b_id AND b.grid_id = e.grid_id
WHERE e.grid_id = ANY(CAST(:grid_ids AS bigint[]))
ORDER BY e.grid_id, e.building_a_id, e.entrance_a NULLS FIRST, e.building_b_id, e.entrance_b NULLS FIRST
