-- The atoms of the micro-grids that everybody sees inside an area: what codes are kept by.
-- Parameters: area_id bigint.
-- Columns: code (micro-grid), grid_id, building_id, entrance_number, floor_from, floor_to, households.
-- Relies on ix_areas_lineage (GIN), ix_micro_grids_grid_id and ix_assignments_micro_grid_id.
SELECT m.code, m.grid_id, s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households
FROM areas a
JOIN micro_grids m ON m.grid_id = a.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
JOIN assignments s ON s.micro_grid_id = m.id
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
