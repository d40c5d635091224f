-- Shapes of the cells of a heat map, thinned for a page that is handed on.
-- Parameters: area_id bigint; level text (micro_grid, grid or community).
-- Columns: code, geometry (GeoJSON text, EPSG:4326, 6 decimals; a micro-grid without ground gives its label point).
-- Relies on ix_areas_lineage (GIN) or ix_areas_level, ix_micro_grids_grid_id.
SELECT m.code, ST_AsGeoJSON(coalesce(m.geom, m.label), 6) AS geometry
FROM areas g
JOIN micro_grids m ON m.grid_id = g.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
WHERE :level = 'micro_grid' AND g.lineage @> ARRAY[CAST(:area_id AS bigint)] AND g.level = 'grid'
UNION ALL
SELECT a.code, ST_AsGeoJSON(a.geom, 6)
FROM areas a
WHERE a.level = :level AND a.lineage @> ARRAY[CAST(:area_id AS bigint)]
ORDER BY code
