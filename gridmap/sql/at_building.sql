-- The building that a point lies in, or the nearest one close by, with its nearest entrance.
-- Parameters: lon, lat float (degrees, EPSG:4326); within_m float (metres on the spheroid; farther is not at it).
-- Columns: id, name, address, households, grid_id, compound_id, compound_code, compound_name, distance_m (0 inside),
--          entrance_number, entrance_name (of the nearest entrance whose place is known; else null).
-- Relies on idx_buildings_geom (GiST) and uq_entrances_building_id_number.
SELECT b.id, b.name, b.address, b.households, b.grid_id, b.compound_id, c.code AS compound_code,
       c.name AS compound_name, ST_Distance(b.geom::geography, near.point::geography) AS distance_m,
       e.number AS entrance_number, e.name AS entrance_name
FROM (
    SELECT id, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326) AS point
    FROM buildings
    ORDER BY geom <-> ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)
    LIMIT 1
) near
JOIN buildings b ON b.id = near.id
LEFT JOIN compounds c ON c.id = b.compound_id
LEFT JOIN LATERAL (
    SELECT number, name FROM entrances
    WHERE building_id = b.id AND geom IS NOT NULL
    ORDER BY geom <-> near.point, number
    LIMIT 1
) e ON true
WHERE ST_DWithin(b.geom::geography, near.point::geography, CAST(:within_m AS float8))
