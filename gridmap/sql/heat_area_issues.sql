-- The issues behind the count of one grid or community, by the rule of heat_areas.
-- Parameters: area_id bigint (the cell itself); starts_at, ends_at timestamptz (half-open); category text (empty
--             text = all); after_id bigint (last id already seen, 0 = from the start); at_most int.
-- Columns: id, category, state, reported_at; in the order of id.
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id, ix_issues_building_id, idx_issues_geom and
-- idx_areas_geom (GiST).
WITH grids AS MATERIALIZED (
    SELECT id, geom FROM areas WHERE lineage @> ARRAY[CAST(:area_id AS bigint)] AND level = 'grid'
), placed AS (
    SELECT i.id, i.category, i.state, i.reported_at
    FROM grids g
    JOIN buildings b ON b.grid_id = g.id
    JOIN issues i ON i.building_id = b.id
    WHERE i.flags = '{}'
    UNION ALL
    SELECT i.id, i.category, i.state, i.reported_at
    FROM grids g
    JOIN issues i ON ST_Intersects(g.geom, i.geom)
    LEFT JOIN buildings b ON b.id = i.building_id
    WHERE i.flags = '{}'
      AND b.grid_id IS NULL
      AND g.id = (SELECT min(a.id) FROM areas a WHERE a.level = 'grid' AND ST_Intersects(a.geom, i.geom))
)
SELECT id, category, state, reported_at
FROM placed
WHERE reported_at >= CAST(:starts_at AS timestamptz)
  AND reported_at < CAST(:ends_at AS timestamptz)
  AND (CAST(:category AS text) = '' OR category = :category)
  AND id > :after_id
ORDER BY id
LIMIT :at_most
