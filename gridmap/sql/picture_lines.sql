-- What runs through a stretch of land: water, railways, walls, and roads at ground level.
-- Parameters: west, south, east, north float (degrees, EPSG:4326).
-- Columns: kind (water = its surface, river = its course, railway, wall, road), class,
--          geometry (WKB, EPSG:4326).
-- Relies on idx_roads_geom, idx_barriers_geom and idx_barriers_surface (GiST).
WITH asked AS MATERIALIZED (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS box
)
SELECT 'water' AS kind, b.class, ST_AsBinary(b.surface) AS geometry
FROM barriers b
WHERE b.surface && (SELECT box FROM asked)
UNION ALL
SELECT b.kind, b.class, ST_AsBinary(b.geom)
FROM barriers b
WHERE b.geom && (SELECT box FROM asked)
  AND b.surface IS NULL
UNION ALL
SELECT 'road', r.class, ST_AsBinary(r.geom)
FROM roads r
WHERE r.geom && (SELECT box FROM asked)
  AND NOT r.tunnel
ORDER BY 1, 2, 3
