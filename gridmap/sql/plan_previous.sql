-- The atoms of the micro-grids that everybody sees in some grids: what codes are kept by.
-- Parameters: grid_ids bigint[].
-- Columns: code (micro-grid), grid_id, building_id, entrance_number, floor_from, floor_to, households.
-- Relies on ix_micro_grids_grid_id and ix_assignments_micro_grid_id.
SELECT m.code, m.grid_id, s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households
FROM micro_grids m
JOIN assignments s ON s.micro_grid_id = m.id
WHERE m.grid_id = ANY(CAST(:grid_ids AS bigint[]))
  AND m.valid_from IS NOT NULL
  AND m.valid_to IS NULL
ORDER BY m.id, s.atom
