-- The stations in and just outside a district.
-- Parameters: district_id bigint; kinds text[]; margin float (degrees around the district).
-- Columns: code, place (Point, EPSG:4326). Ordered by code.
-- Relies on pk_areas, idx_stations_geom (GiST).
SELECT s.code, s.geom AS place
FROM areas d
JOIN stations s ON s.geom && ST_Expand(d.geom, CAST(:margin AS float8)) AND s.kind = ANY(CAST(:kinds AS text[]))
WHERE d.id = :district_id
ORDER BY s.code
