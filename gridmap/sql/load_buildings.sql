-- Writes the staged buildings with the grid that holds their point on surface and their compound: the one they
-- name, else the one whose outline holds that point. Entrances on record count where the file says fewer or none,
-- but for doors to the street (see count_entrances.sql): an estimate stays.
-- Parameters: source. Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_buildings_source_source_id, idx_areas_geom, idx_compounds_geom, uq_compounds_code,
-- uq_entrances_building_id_number.
WITH placed AS MATERIALIZED (
    SELECT s.*, ST_PointOnSurface(s.geom) AS point FROM staged_buildings s
),
written AS (
    INSERT INTO buildings (source, source_id, name, address, use, storeys, entrance_count, entrances_estimated,
                           households, households_source, households_estimated, compound_id, grid_id, geom)
    SELECT :source, s.id, coalesce(s.name, ''), coalesce(s.address, ''), s.use, s.storeys,
           least(CASE WHEN s.entrances_estimated THEN coalesce(known.entrances, s.entrance_count)
                      ELSE greatest(s.entrance_count, known.entrances) END, 60),
           s.entrances_estimated AND known.entrances IS NULL, s.households, s.households_source,
           s.households_estimated, coalesce(named.id, holding.id), g.id, s.geom
    FROM placed s
    LEFT JOIN (
        SELECT b.source_id, count(*) AS entrances, bool_and(e.households IS NOT NULL) AS has_homes
        FROM staged_buildings t
        JOIN buildings b ON b.source = :source AND b.source_id = t.id
        JOIN entrances e ON e.building_id = b.id
        GROUP BY b.source_id
    ) known ON known.source_id = s.id
        AND (NOT s.entrances_estimated OR known.has_homes
             OR s.households <= 16 * known.entrances * greatest(s.storeys, 1))
    LEFT JOIN compounds named ON named.code = s.compound_code
    LEFT JOIN LATERAL (
        SELECT c.id FROM compounds c
        WHERE s.compound_code IS NULL AND ST_Covers(c.geom, s.point) ORDER BY c.id LIMIT 1
    ) holding ON true
    LEFT JOIN LATERAL (
        SELECT a.id FROM areas a WHERE a.level = 'grid' AND ST_Covers(a.geom, s.point) ORDER BY a.code LIMIT 1
    ) g ON true
    ON CONFLICT (source, source_id) DO UPDATE
    SET name = excluded.name, address = excluded.address, use = excluded.use, storeys = excluded.storeys,
        entrance_count = excluded.entrance_count, entrances_estimated = excluded.entrances_estimated,
        households = excluded.households,
        households_source = excluded.households_source, households_estimated = excluded.households_estimated,
        compound_id = excluded.compound_id, grid_id = excluded.grid_id, geom = excluded.geom
    WHERE (buildings.name, buildings.address, buildings.use, buildings.storeys, buildings.entrance_count,
           buildings.entrances_estimated, buildings.households, buildings.households_source,
           buildings.households_estimated, buildings.compound_id, buildings.grid_id, buildings.geom)
        IS DISTINCT FROM (excluded.name, excluded.address, excluded.use, excluded.storeys, excluded.entrance_count,
           excluded.entrances_estimated, excluded.households, excluded.households_source,
           excluded.households_estimated, excluded.compound_id, excluded.grid_id, excluded.geom)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
