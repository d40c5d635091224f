-- Gives the buildings that staged grids touch, and those they held before, the grid of their point on surface.
-- Parameters: none. Returns: nothing.
-- Relies on: idx_buildings_geom, idx_areas_geom, ix_buildings_grid_id.
WITH touched AS (
    SELECT b.id, b.geom FROM staged_areas s JOIN buildings b ON b.geom && s.geom WHERE s.level = 'grid'
    UNION
    SELECT b.id, b.geom FROM staged_areas s JOIN areas a USING (code) JOIN buildings b ON b.grid_id = a.id
),
found AS (
    SELECT t.id, (
        SELECT a.id FROM areas a
        WHERE a.level = 'grid' AND ST_Covers(a.geom, ST_PointOnSurface(t.geom)) ORDER BY a.code LIMIT 1
    ) AS grid_id
    FROM touched t
)
UPDATE buildings SET grid_id = found.grid_id FROM found
WHERE buildings.id = found.id AND buildings.grid_id IS DISTINCT FROM found.grid_id
