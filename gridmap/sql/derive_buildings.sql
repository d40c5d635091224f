-- The buildings that no grid holds yet, homes or not: what grids are derived from.
-- Parameters: source text (null = all sources), area_id bigint (null = anywhere; else inside this area).
-- Columns: id, compound_id, name, households, households_estimated, storeys, entrance_count,
--          entrances_estimated, geometry (WKB, EPSG:4326).
-- Relies on ix_buildings_grid_id.
SELECT b.id, b.compound_id, b.name, b.households, b.households_estimated, b.storeys, b.entrance_count,
       b.entrances_estimated, ST_AsBinary(b.geom) AS geometry
FROM buildings b
LEFT JOIN areas a ON a.id = CAST(:area_id AS bigint)
WHERE b.grid_id IS NULL
  AND (CAST(:source AS text) IS NULL OR b.source = :source)
  AND (a.id IS NULL OR ST_Intersects(b.point, a.geom))
ORDER BY b.id
