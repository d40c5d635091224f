-- All areas with their shapes.
-- Parameters: none.
-- Columns: id, code, name, level, lineage (ids from the district down), geometry (WKB, EPSG:4326).
-- Relies on nothing: it reads all.
SELECT id, code, name, level, lineage, ST_AsBinary(geom) AS geometry FROM areas ORDER BY id
