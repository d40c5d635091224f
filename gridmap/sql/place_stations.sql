-- Gives the stations that staged grids touch, and those they held before, the grid they stand in.
-- Parameters: none. Returns: nothing. Relies on: idx_stations_geom, idx_areas_geom, ix_stations_grid_id.
WITH touched AS (
    SELECT t.id, t.geom FROM staged_areas s JOIN stations t ON t.geom && s.geom WHERE s.level = 'grid'
    UNION
    SELECT t.id, t.geom FROM staged_areas s JOIN areas a USING (code) JOIN stations t ON t.grid_id = a.id
),
found AS (
    SELECT t.id, (
        SELECT a.id FROM areas a WHERE a.level = 'grid' AND ST_Covers(a.geom, t.geom) ORDER BY a.code LIMIT 1
    ) AS grid_id
    FROM touched t
)
UPDATE stations SET grid_id = found.grid_id FROM found
WHERE stations.id = found.id AND stations.grid_id IS DISTINCT FROM found.grid_id
