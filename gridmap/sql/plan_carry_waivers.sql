-- Carry the waivers of what everybody sees in a plan's area over to the plan, where the micro-grid's code and its
-- households stayed the same. Those that have expired, and those of a grid as a whole, are left behind.
-- Parameters: plan_id bigint, area_id bigint (the plan's area), on_date date.
-- Columns: id (of each waiver written).
-- Relies on ix_areas_lineage (GIN), ix_micro_grids_grid_id, uq_waivers_finding and uq_micro_grids_plan_id_code.
INSERT INTO waivers (plan_id, grid_id, micro_grid_code, kind, households, reason, approved_by, created_at, expires_on)
SELECT n.plan_id, n.grid_id, n.code, w.kind, w.households, w.reason, w.approved_by, w.created_at, w.expires_on
FROM areas a
JOIN micro_grids m ON m.grid_id = a.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
JOIN waivers w ON w.plan_id = m.plan_id AND w.grid_id = m.grid_id AND w.micro_grid_code = m.code
JOIN micro_grids n ON n.plan_id = :plan_id AND n.code = m.code AND n.grid_id = m.grid_id
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
  AND w.households = n.households
  AND (w.expires_on IS NULL OR w.expires_on >= :on_date)
ON CONFLICT DO NOTHING
RETURNING id
