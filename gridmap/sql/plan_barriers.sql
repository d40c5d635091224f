-- What a micro-grid should not cross near some grids: rivers, railways, walls, and roads at ground level.
-- "Near" is by bounding boxes, as the engine asks too: a grid gets the same lines whatever others it is with.
-- Parameters: grid_ids bigint[].
-- Columns: kind (river, railway, wall, road), class, geometry (WKB, EPSG:4326).
-- Relies on pk_areas, idx_barriers_geom and idx_roads_geom (GiST).
WITH near AS (
    SELECT DISTINCT b.id
    FROM areas a JOIN barriers b ON b.geom && a.geom
    WHERE a.id = ANY(CAST(:grid_ids AS bigint[]))
), near_roads AS (
    SELECT DISTINCT r.id
    FROM areas a JOIN roads r ON r.geom && a.geom AND NOT r.tunnel
    WHERE a.id = ANY(CAST(:grid_ids AS bigint[]))
)
SELECT kind, class, geometry
FROM (
    SELECT 1 AS rank, b.id, b.kind, b.class, ST_AsBinary(b.geom) AS geometry
    FROM near JOIN barriers b USING (id)
    UNION ALL
    SELECT 2, r.id, 'road', r.class, ST_AsBinary(r.geom)
    FROM near_roads JOIN roads r USING (id)
) lines
ORDER BY rank, id
