-- Writes the staged visits. An id that is a UUID is the visit's own, so that a visit sent by a phone is not there twice
-- when its list comes back as a file; any other id makes one with the name of the source.
-- Parameters: source. Returns: inserted, updated (rows that were equal are neither). Relies on: uq_visits_client_id.
WITH written AS (
    INSERT INTO visits (client_id, staff_id, building_id, entrance_id, kind, visited_at, note)
    SELECT CASE WHEN s.id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN s.id::uuid
                ELSE md5(CAST(:source AS text) || '/' || s.id)::uuid END,
           s.staff_id, s.found_id, s.entrance_id, s.kind, s.visited_at, s.note
    FROM staged_visits s
    ORDER BY 1
    ON CONFLICT (client_id) DO UPDATE
    SET staff_id = excluded.staff_id, building_id = excluded.building_id, entrance_id = excluded.entrance_id,
        kind = excluded.kind, visited_at = excluded.visited_at, note = excluded.note
    WHERE (visits.staff_id, visits.building_id, visits.entrance_id, visits.kind, visits.visited_at, visits.note)
        IS DISTINCT FROM (excluded.staff_id, excluded.building_id, excluded.entrance_id, excluded.kind,
                          excluded.visited_at, excluded.note)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
