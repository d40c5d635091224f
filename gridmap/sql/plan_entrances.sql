-- The stairwells of an area's buildings, where they are known.
-- Parameters: area_id bigint.
-- Columns: building_id, number, households (null = not counted apart), storeys, geometry (WKB or null).
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id and uq_entrances_building_id_number.
SELECT e.building_id, e.number, e.households, e.storeys, ST_AsBinary(e.geom) AS geometry
FROM areas a
JOIN buildings b ON b.grid_id = a.id
JOIN entrances e ON e.building_id = b.id
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
  AND (a.kind = 'basic' OR EXISTS (SELECT FROM buildings h WHERE h.grid_id = a.id AND h.households > 0))
ORDER BY e.building_id, e.number
