-- What an official wants to know of uncovered buildings.
-- Parameters: building_ids bigint[]; with_shapes boolean.
-- Columns: building_id, name, address, grid_code, geometry (GeoJSON text, 6 decimals; empty without shapes).
-- Relies on pk_buildings, pk_areas.
SELECT b.id AS building_id, b.name, b.address, g.code AS grid_code,
       CASE WHEN :with_shapes THEN ST_AsGeoJSON(b.geom, 6) END AS geometry
FROM buildings b
JOIN areas g ON g.id = b.grid_id
WHERE b.id = ANY(CAST(:building_ids AS bigint[]))
