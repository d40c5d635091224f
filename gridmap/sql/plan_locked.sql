-- The atoms of the locked micro-grids of some grids: what a new plan leaves as it is.
-- Parameters: grid_ids bigint[]; based_on bigint (the plan whose locks count; null = what everybody sees).
-- Columns: parent_id (grid), code (micro-grid), building_id, entrance_number, floor_from, floor_to.
-- Relies on ix_micro_grids_grid_id and ix_assignments_micro_grid_id.
SELECT m.grid_id AS parent_id, m.code, s.building_id, s.entrance_number, s.floor_from, s.floor_to
FROM micro_grids m
JOIN assignments s ON s.micro_grid_id = m.id
WHERE m.grid_id = ANY(CAST(:grid_ids AS bigint[]))
  AND m.locked
  AND CASE
          WHEN CAST(:based_on AS bigint) IS NULL THEN m.valid_from IS NOT NULL AND m.valid_to IS NULL
          ELSE m.plan_id = :based_on
      END
ORDER BY m.grid_id, m.code, s.atom
