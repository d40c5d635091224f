-- The areas whose borders a plan's picture shows: the one drawn and everything below it.
-- Parameters: area_id bigint.
-- Columns: code, level (district, street, community, grid), geometry (WKB, EPSG:4326).
-- Relies on ix_areas_lineage (GIN).
SELECT a.code, a.level, ST_AsBinary(a.geom) AS geometry
FROM areas a
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
ORDER BY a.code
