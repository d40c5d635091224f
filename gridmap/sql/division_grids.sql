-- The outlines of some grids for the editor.
-- Parameters: grid_ids bigint[].
-- Columns: id, geometry (GeoJSON), bounds (west, south, east, north).
-- Relies on pk_areas.
SELECT id, ST_AsGeoJSON(geom, 7)::json AS geometry,
       json_build_array(ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)) AS bounds
FROM areas
WHERE id = ANY(CAST(:grid_ids AS bigint[]))
