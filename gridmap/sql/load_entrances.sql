-- Writes the staged entrances.
-- Parameters: none. Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_entrances_building_id_number.
WITH written AS (
    INSERT INTO entrances (building_id, number, name, storeys, households, geom)
    SELECT found_id, entrance_number, coalesce(name, ''), storeys, households, geom FROM staged_entrances
    ON CONFLICT (building_id, number) DO UPDATE
    SET name = excluded.name, storeys = excluded.storeys, households = excluded.households, geom = excluded.geom
    WHERE (entrances.name, entrances.storeys, entrances.households, entrances.geom)
        IS DISTINCT FROM (excluded.name, excluded.storeys, excluded.households, excluded.geom)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
