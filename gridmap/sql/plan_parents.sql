-- The grids an area is divided in: basic ones, and exclusive ones where somebody lives.
-- Parameters: area_id bigint.
-- Columns: id, code, geometry (WKB, EPSG:4326).
-- Relies on ix_areas_lineage (GIN) and ix_buildings_grid_id.
SELECT a.id, a.code, ST_AsBinary(a.geom) AS geometry
FROM areas a
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
  AND (a.kind = 'basic' OR EXISTS (SELECT FROM buildings b WHERE b.grid_id = a.id AND b.households > 0))
ORDER BY a.code
