-- Every micro-grid code ever published inside an area: a retired code is never used again.
-- Parameters: area_id bigint.
-- Columns: code.
-- Relies on ix_areas_lineage (GIN) and ix_micro_grids_grid_id.
SELECT DISTINCT m.code
FROM areas a
JOIN micro_grids m ON m.grid_id = a.id AND m.valid_from IS NOT NULL
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
