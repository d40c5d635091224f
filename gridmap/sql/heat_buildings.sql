-- Where the households of the city are.
-- Parameters: none.
-- Columns: id, grid_id (0 = none), households, households_estimated, lon, lat (a point on it).
-- Relies on nothing: it reads all.
SELECT id, coalesce(grid_id, 0) AS grid_id, households, households_estimated, ST_X(point) AS lon, ST_Y(point) AS lat
FROM buildings
ORDER BY id
