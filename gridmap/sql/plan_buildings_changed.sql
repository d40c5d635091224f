-- Buildings that a plan holds otherwise than they stand today: in no grid any more, in another one, or counted anew.
-- Parameters: plan_id bigint.
-- Columns: building_id, building, change (gone, moved, recounted), households_before (as the plan has them),
--          households_now, micro_grids (codes), grid_before, grid_now (codes or null), lon, lat.
-- Relies on pk_assignments, pk_buildings and pk_micro_grids.
SELECT b.id AS building_id, b.name AS building,
       CASE WHEN b.grid_id IS NULL THEN 'gone' WHEN b.grid_id <> min(m.grid_id) THEN 'moved' ELSE 'recounted' END
           AS change,
       sum(s.households) AS households_before, b.households AS households_now,
       array_agg(DISTINCT m.code ORDER BY m.code) FILTER (WHERE m.code IS NOT NULL) AS micro_grids,
       min(g.code) AS grid_before, n.code AS grid_now,
       ST_X(b.point) AS lon, ST_Y(b.point) AS lat
FROM assignments s
JOIN buildings b ON b.id = s.building_id
LEFT JOIN micro_grids m ON m.id = s.micro_grid_id
LEFT JOIN areas g ON g.id = m.grid_id
LEFT JOIN areas n ON n.id = b.grid_id
WHERE s.plan_id = :plan_id
GROUP BY b.id, n.code
HAVING b.grid_id IS NULL OR b.grid_id <> min(m.grid_id) OR b.households <> sum(s.households)
ORDER BY b.id
