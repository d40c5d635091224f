-- The outline of a grid for the editor.
-- Parameters: grid_id bigint.
-- Columns: geometry (GeoJSON), bounds (west, south, east, north).
-- Relies on pk_areas.
SELECT ST_AsGeoJSON(geom, 7)::json AS geometry,
       json_build_array(ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)) AS bounds
FROM areas
WHERE id = :grid_id
