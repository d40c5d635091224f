-- The buildings of an area's grids (as in plan_parents), homes or not: a border must not cut any of them.
-- Parameters: area_id bigint.
-- Columns: id, parent_id, compound_id, name, households, households_estimated, storeys, entrance_count,
--          entrances_estimated, geometry (WKB, EPSG:4326).
-- Relies on ix_areas_lineage (GIN) and ix_buildings_grid_id.
SELECT b.id, b.grid_id AS parent_id, b.compound_id, b.name, b.households, b.households_estimated,
       b.storeys, b.entrance_count, b.entrances_estimated, ST_AsBinary(b.geom) AS geometry
FROM areas a
JOIN buildings b ON b.grid_id = a.id
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
  AND (a.kind = 'basic' OR EXISTS (SELECT FROM buildings h WHERE h.grid_id = a.id AND h.households > 0))
ORDER BY b.id
