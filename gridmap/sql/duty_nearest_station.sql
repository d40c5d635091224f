-- The nearest station that can be called.
-- Parameters: lon, lat float (degrees, EPSG:4326).
-- Columns: code, name, phone, distance_m (spheroid).
-- Relies on idx_stations_geography (GiST).
SELECT s.code, s.name, s.phone,
       s.geom::geography <-> ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)::geography
           AS distance_m
FROM stations s
WHERE s.phone IS NOT NULL
ORDER BY s.geom::geography
         <-> ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)::geography
LIMIT 1
