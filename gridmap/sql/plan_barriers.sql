-- What a micro-grid should not cross inside an area: rivers, railways, walls, and roads at ground level.
-- Parameters: area_id bigint.
-- Columns: kind (river, railway, wall, road), class, geometry (WKB, EPSG:4326).
-- Relies on idx_barriers_geom and idx_roads_geom (GiST).
SELECT b.kind, b.class, ST_AsBinary(b.geom) AS geometry
FROM areas a
JOIN barriers b ON ST_Intersects(b.geom, a.geom)
WHERE a.id = :area_id
UNION ALL
SELECT 'road', r.class, ST_AsBinary(r.geom)
FROM areas a
JOIN roads r ON ST_Intersects(r.geom, a.geom)
WHERE a.id = :area_id
  AND NOT r.tunnel
