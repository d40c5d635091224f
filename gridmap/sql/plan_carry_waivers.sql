-- Carry the waivers of what everybody sees in a plan's area over to the plan: those of a micro-grid where its code
-- and households stayed the same, those of a grid as a whole where as many households as then are left without a
-- micro-grid. Those that have expired are left behind.
-- Parameters: plan_id bigint, area_id bigint (the plan's area), on_date date.
-- Columns: id (of each waiver written).
-- Relies on ix_areas_lineage (GIN), ix_micro_grids_grid_id, uq_waivers_finding, uq_micro_grids_plan_id_code and
-- pk_assignments.
WITH seen AS (
    SELECT DISTINCT m.grid_id, m.plan_id
    FROM areas a
    JOIN micro_grids m ON m.grid_id = a.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
      AND a.level = 'grid'
), alive AS (
    SELECT w.*
    FROM seen s
    JOIN waivers w ON w.plan_id = s.plan_id AND w.grid_id = s.grid_id
    WHERE w.expires_on IS NULL OR w.expires_on >= :on_date
), unassigned AS (
    SELECT b.grid_id, sum(s.households) AS households
    FROM assignments s
    JOIN buildings b ON b.id = s.building_id
    WHERE s.plan_id = :plan_id AND s.micro_grid_id IS NULL
    GROUP BY b.grid_id
), fitting AS (
    SELECT w.id
    FROM alive w
    JOIN micro_grids n ON n.plan_id = :plan_id AND n.code = w.micro_grid_code AND n.grid_id = w.grid_id
    WHERE n.households = w.households
    UNION ALL
    SELECT w.id
    FROM alive w
    JOIN unassigned u ON u.grid_id = w.grid_id AND u.households = w.households
    WHERE w.micro_grid_code IS NULL
)
INSERT INTO waivers (plan_id, grid_id, micro_grid_code, kind, households, reason, approved_by, created_at, expires_on)
SELECT :plan_id, w.grid_id, w.micro_grid_code, w.kind, w.households, w.reason, w.approved_by, w.created_at,
       w.expires_on
FROM fitting f
JOIN alive w ON w.id = f.id
ORDER BY w.id
ON CONFLICT DO NOTHING
RETURNING id
