-- Writes the staged postings; one with the same post, place and first day gets a new last day.
-- Parameters: none. Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_postings_staff_place_start.
WITH written AS (
    INSERT INTO postings (staff_id, area_id, micro_grid_code, compound_id, building_id, entrance_id, station_id,
                          starts_on, ends_on)
    SELECT staff_id, area_id, micro_grid_code, compound_id, building_id, entrance_id, station_id, starts_on, ends_on
    FROM staged_postings
    ORDER BY part, number
    ON CONFLICT ON CONSTRAINT uq_postings_staff_place_start DO UPDATE SET ends_on = excluded.ends_on
    WHERE postings.ends_on IS DISTINCT FROM excluded.ends_on
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
