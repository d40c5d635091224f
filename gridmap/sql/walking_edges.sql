-- The walking network around a part of the city.
-- Parameters: west, south, east, north float (degrees, EPSG:4326).
-- Columns: first_node, second_node (places in units of 1e-7 degrees), length_m, geometry (WKB). Ordered by id.
-- Relies on idx_walking_edges_geom (GiST).
SELECT first_node, second_node, length_m, ST_AsBinary(geom) AS geometry
FROM walking_edges
WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
ORDER BY id
