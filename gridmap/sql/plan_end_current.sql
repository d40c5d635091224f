-- End what everybody sees in the grids of an area, at the instant of the transaction.
-- Parameters: area_id bigint.
-- Columns: plan_id, code (of each micro-grid ended).
-- Relies on ix_areas_lineage (GIN) and ix_micro_grids_grid_id.
UPDATE micro_grids m
SET valid_to = now()
FROM areas a
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
  AND m.grid_id = a.id
  AND m.valid_from IS NOT NULL
  AND m.valid_to IS NULL
RETURNING m.plan_id, m.code
