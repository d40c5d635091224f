-- Every micro-grid code ever published in some grids: a retired code is never used again.
-- Parameters: grid_ids bigint[].
-- Columns: code.
-- Relies on ix_micro_grids_grid_id.
SELECT DISTINCT m.code
FROM micro_grids m
WHERE m.grid_id = ANY(CAST(:grid_ids AS bigint[]))
  AND m.valid_from IS NOT NULL
ORDER BY m.code
