-- Writes anew in which grids the given compounds lie, from their buildings; a compound without buildings lies in
-- the grids that hold more than :share of its outline.
-- Parameters: compounds (ids), share (0-1). Returns: nothing.
-- Relies on: pk_compounds, ix_buildings_compound_id, idx_areas_geom, pk_compound_grids.
WITH given AS MATERIALIZED (
    SELECT id, geom FROM compounds WHERE id = ANY (:compounds)
),
built AS MATERIALIZED (
    SELECT b.compound_id, b.grid_id, sum(b.households)::int AS households
    FROM given JOIN buildings b ON b.compound_id = given.id
    WHERE b.grid_id IS NOT NULL
    GROUP BY b.compound_id, b.grid_id
),
held AS (
    SELECT compound_id, grid_id, households FROM built
    UNION ALL
    SELECT c.id, a.id, 0
    FROM given c
    JOIN areas a ON a.level = 'grid' AND ST_Intersects(a.geom, c.geom)
    WHERE c.id NOT IN (SELECT compound_id FROM built)
      AND ST_Area(ST_Intersection(a.geom, c.geom)) > :share * ST_Area(c.geom)
),
gone AS (
    DELETE FROM compound_grids was USING given
    WHERE was.compound_id = given.id AND NOT EXISTS (
        SELECT FROM held WHERE (held.compound_id, held.grid_id) = (was.compound_id, was.grid_id)
    )
)
INSERT INTO compound_grids (compound_id, grid_id, households)
SELECT compound_id, grid_id, households FROM held
ON CONFLICT (compound_id, grid_id) DO UPDATE SET households = excluded.households
WHERE compound_grids.households <> excluded.households
