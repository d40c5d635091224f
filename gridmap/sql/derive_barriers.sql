-- What grids should run along inside a rectangle: rivers, railways, walls, and roads at ground level.
-- Parameters: west, south, east, north (degrees, EPSG:4326).
-- Columns: kind, class, geometry (WKB, EPSG:4326).
-- Relies on idx_barriers_geom and idx_roads_geom (GiST).
SELECT b.kind, b.class, ST_AsBinary(b.geom) AS geometry
FROM barriers b
WHERE b.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
UNION ALL
SELECT 'road', r.class, ST_AsBinary(r.geom)
FROM roads r
WHERE r.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
  AND NOT r.tunnel
