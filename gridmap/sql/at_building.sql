-- The building that a point lies in, or the nearest one close by, with its nearest entrance.
-- Parameters: lon, lat float (degrees, EPSG:4326); within_m float (metres on the spheroid; farther is not at it).
-- Columns: id, name, address, households, grid_id, compound_id, compound_code, compound_name, distance_m (0 inside),
--          entrance_number, entrance_name (of the nearest entrance whose place is known; else null), micro_grids
--          (codes of the published plan: of the building, or of this entrance where it is divided).
-- Relies on idx_buildings_geom (GiST), uq_entrances_building_id_number and ix_assignments_building_id_plan_id.
SELECT b.id, b.name, b.address, b.households, b.grid_id, b.compound_id, c.code AS compound_code,
       c.name AS compound_name, ST_Distance(b.geom::geography, near.point::geography) AS distance_m,
       e.number AS entrance_number, e.name AS entrance_name,
       ARRAY(SELECT DISTINCT m.code
             FROM assignments s JOIN micro_grids m ON m.id = s.micro_grid_id
             WHERE s.building_id = b.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
               AND (s.entrance_number IS NULL OR s.entrance_number = e.number)
             ORDER BY m.code) AS micro_grids
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
