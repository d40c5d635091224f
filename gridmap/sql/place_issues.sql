-- Gives the issues that staged grids touch, and those they held before, the grid of their point.
-- Parameters: none. Returns: nothing. Relies on: idx_issues_geom, idx_areas_geom, ix_issues_grid_id.
WITH touched AS (
    SELECT i.id, i.geom FROM staged_areas s JOIN issues i ON i.geom && s.geom WHERE s.level = 'grid'
    UNION
    SELECT i.id, i.geom FROM staged_areas s JOIN areas a USING (code) JOIN issues i ON i.grid_id = a.id
),
found AS (
    SELECT t.id, (
        SELECT a.id FROM areas a WHERE a.level = 'grid' AND ST_Covers(a.geom, t.geom) ORDER BY a.code LIMIT 1
    ) AS grid_id
    FROM touched t
)
UPDATE issues SET grid_id = found.grid_id FROM found
WHERE issues.id = found.id AND issues.grid_id IS DISTINCT FROM found.grid_id
