-- The buildings of some grids, homes or not: a border must not cut any of them.
-- Parameters: grid_ids bigint[].
-- Columns: id, parent_id, compound_id, name (the address where it has none), households, households_estimated,
--          storeys, entrance_count, entrances_estimated, geometry (WKB, EPSG:4326).
-- Relies on ix_buildings_grid_id.
SELECT b.id, b.grid_id AS parent_id, b.compound_id, coalesce(nullif(b.name, ''), b.address) AS name,
       b.households, b.households_estimated, b.storeys, b.entrance_count, b.entrances_estimated,
       ST_AsBinary(b.geom) AS geometry
FROM buildings b
WHERE b.grid_id = ANY(CAST(:grid_ids AS bigint[]))
ORDER BY b.id
