-- The grids an area is divided in: basic ones, and exclusive ones where somebody lives.
-- Parameters: area_id bigint.
-- Columns: id, buildings (how many stand in it).
-- Relies on ix_areas_lineage (GIN) and ix_buildings_grid_id.
SELECT a.id, count(b.id) AS buildings
FROM areas a
LEFT JOIN buildings b ON b.grid_id = a.id
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
GROUP BY a.id
HAVING a.kind = 'basic' OR coalesce(sum(b.households), 0) > 0
ORDER BY a.id
