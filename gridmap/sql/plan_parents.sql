-- Grids to be divided, as the engine takes them.
-- Parameters: grid_ids bigint[].
-- Columns: id, code, geometry (WKB, EPSG:4326).
-- Relies on pk_areas.
SELECT a.id, a.code, ST_AsBinary(a.geom) AS geometry
FROM areas a
WHERE a.id = ANY(CAST(:grid_ids AS bigint[]))
ORDER BY a.id
