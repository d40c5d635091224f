-- The names of the roads that meet at some places, to call a junction by.
-- Parameters: lon, lat float8[] (as long as each other), near_m float8: metres from the place to the road.
-- Columns: place (its number in the arrays, from 1), names text[] (each once, sorted; null: they have none).
-- Relies on idx_roads_geom (GiST); the box around a place is wide enough up to 60 degrees north.
SELECT p.place::int AS place, array_agg(DISTINCT r.name ORDER BY r.name) FILTER (WHERE r.name <> '') AS names
FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) WITH ORDINALITY AS p (lon, lat, place)
JOIN roads r
  ON r.geom && ST_Expand(ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326), :near_m / 50000.0)
 AND ST_Distance(r.geom::geography, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326)::geography) <= :near_m
GROUP BY p.place
ORDER BY p.place
