-- How much there is to plan in an area.
-- Parameters: area_id bigint.
-- Columns: grids (grids inside), households (counted in buildings of these grids).
-- Relies on ix_areas_lineage (GIN) and ix_buildings_grid_id.
SELECT count(DISTINCT a.id) AS grids, coalesce(sum(b.households), 0) AS households
FROM areas a
LEFT JOIN buildings b ON b.grid_id = a.id
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
