-- The stairwells of the buildings of some grids, where they are known; doors to the street beside an estimate are none.
-- Parameters: grid_ids bigint[].
-- Columns: building_id, number, households (null = not counted apart), storeys, geometry (WKB or null).
-- Relies on ix_buildings_grid_id and uq_entrances_building_id_number.
SELECT e.building_id, e.number, e.households, e.storeys, ST_AsBinary(e.geom) AS geometry
FROM buildings b
JOIN entrances e ON e.building_id = b.id
WHERE b.grid_id = ANY(CAST(:grid_ids AS bigint[]))
  AND NOT b.entrances_estimated
ORDER BY e.building_id, e.number
