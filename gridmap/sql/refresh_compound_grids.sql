-- Writes anew which compounds lie in which grids, from their buildings; a compound without buildings lies in the
-- grids that hold more than :share of its outline.
-- Parameters: share (0-1). Returns: nothing. Relies on: idx_areas_geom, ix_buildings_compound_id.
WITH held AS (
    SELECT compound_id, grid_id, sum(households)::int AS households
    FROM buildings WHERE compound_id IS NOT NULL AND grid_id IS NOT NULL
    GROUP BY compound_id, grid_id
    UNION ALL
    SELECT c.id, a.id, 0
    FROM compounds c
    JOIN areas a ON a.level = 'grid' AND ST_Intersects(a.geom, c.geom)
    WHERE NOT EXISTS (SELECT FROM buildings b WHERE b.compound_id = c.id AND b.grid_id IS NOT NULL)
      AND ST_Area(ST_Intersection(a.geom, c.geom)) > :share * ST_Area(c.geom)
),
gone AS (
    DELETE FROM compound_grids was
    WHERE NOT EXISTS (SELECT FROM held WHERE (held.compound_id, held.grid_id) = (was.compound_id, was.grid_id))
)
INSERT INTO compound_grids (compound_id, grid_id, households)
SELECT compound_id, grid_id, households FROM held
ON CONFLICT (compound_id, grid_id) DO UPDATE SET households = excluded.households
WHERE compound_grids.households <> excluded.households
