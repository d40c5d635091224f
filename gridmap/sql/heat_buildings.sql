-- Where the households of the city are.
-- Parameters: none.
-- Columns: id, grid_id (0 = none), households, households_estimated, lon, lat (a point on it).
-- Relies on nothing: it reads all.
SELECT id, coalesce(grid_id, 0) AS grid_id, households, households_estimated, ST_X(p) AS lon, ST_Y(p) AS lat
FROM (SELECT b.*, ST_PointOnSurface(b.geom) AS p FROM buildings b) b
ORDER BY id
