-- The micro-grids of a plan whose code belongs to somebody else by now. A code that was retired comes back only with
-- more than half of the households of its last bearer; one that is valid only with some of them.
-- Parameters: plan_id bigint.
-- Columns: id, grid_id, parent_code, code.
-- Relies on uq_micro_grids_plan_id_code, ix_micro_grids_grid_id, ix_assignments_micro_grid_id and
-- ix_assignments_building_id_plan_id.
WITH bearers AS (
    SELECT DISTINCT ON (m.id) m.id, m.grid_id, m.code, b.id AS bearer_id, b.households, b.valid_to
    FROM micro_grids m
    JOIN micro_grids b ON b.grid_id = m.grid_id AND b.code = m.code AND b.valid_from IS NOT NULL
    WHERE m.plan_id = :plan_id AND b.plan_id <> m.plan_id AND m.households > 0 AND b.households > 0
    ORDER BY m.id, b.valid_from DESC, b.id DESC
), shared AS (
    SELECT x.id, x.grid_id, x.code, x.households, x.valid_to,
           coalesce((
               SELECT sum(least(o.households, n.households))
               FROM assignments o
               JOIN assignments n ON n.building_id = o.building_id AND n.micro_grid_id = x.id
                   AND coalesce(n.entrance_number = o.entrance_number, true)
                   AND coalesce(n.floor_from <= o.floor_to AND o.floor_from <= n.floor_to, true)
               WHERE o.micro_grid_id = x.bearer_id
           ), 0) AS kept
    FROM bearers x
)
SELECT s.id, s.grid_id, a.code AS parent_code, s.code
FROM shared s
JOIN areas a ON a.id = s.grid_id
WHERE s.kept <= CASE WHEN s.valid_to IS NULL THEN 0 ELSE s.households / 2.0 END
ORDER BY s.code
