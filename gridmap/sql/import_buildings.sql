-- The buildings of an area as an imported plan may name them.
-- Parameters: area_id bigint.
-- Columns: id, source, source_id, name, households, grid_id, grid_code, is_divided (the grid is basic, or
--          somebody lives in it), storeys, entrance_count, entrances (json: [number, storeys or null] …, null
--          where none are known but doors to the street), geometry (footprint, WKB, EPSG:4326).
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id and uq_entrances_building_id_number.
SELECT b.id, b.source, b.source_id, b.name, b.households, b.grid_id, a.code AS grid_code,
       a.kind = 'basic' OR sum(b.households) OVER (PARTITION BY a.id) > 0 AS is_divided,
       b.storeys, b.entrance_count, e.entrances, ST_AsBinary(b.geom) AS geometry
FROM areas a
JOIN buildings b ON b.grid_id = a.id
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_array(e.number, e.storeys) ORDER BY e.number) AS entrances
    FROM entrances e
    WHERE e.building_id = b.id
      AND NOT b.entrances_estimated
) e ON true
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
  AND a.level = 'grid'
ORDER BY b.id
