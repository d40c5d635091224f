-- Gives every station the grid it stands in.
-- Parameters: none. Returns: nothing. Relies on: idx_areas_geom.
WITH found AS (
    SELECT t.id, (
        SELECT a.id FROM areas a WHERE a.level = 'grid' AND ST_Covers(a.geom, t.geom) ORDER BY a.id LIMIT 1
    ) AS grid_id
    FROM stations t
)
UPDATE stations SET grid_id = found.grid_id FROM found
WHERE stations.id = found.id AND stations.grid_id IS DISTINCT FROM found.grid_id
