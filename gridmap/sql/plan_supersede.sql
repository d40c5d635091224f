-- Supersede the published plans of which nothing is valid any more.
-- Parameters: none.
-- Columns: id (of each plan superseded).
-- Relies on ix_plans_status and uq_micro_grids_plan_id_code.
UPDATE plans p
SET status = 'superseded'
WHERE p.status = 'published'
  AND NOT EXISTS (
      SELECT FROM micro_grids m
      WHERE m.plan_id = p.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
  )
RETURNING p.id
