-- Writes the staged visits. A visit that phones have written entries about stays as these make it: what was taken back
-- does not come back with a file.
-- Parameters: none. Returns: inserted, updated (rows that were equal, or left to their entries, are neither).
-- Relies on: uq_visits_client_id, ix_field_entries_subject_subject_id.
WITH written AS (
    INSERT INTO visits (client_id, staff_id, building_id, entrance_id, kind, visited_at, note)
    SELECT s.client_id, s.staff_id, s.found_id, s.entrance_id, s.kind, s.visited_at, s.note
    FROM staged_visits s
    WHERE NOT EXISTS (
        SELECT FROM field_entries e
        WHERE e.subject = 'visit' AND e.subject_id = s.client_id::text AND e.state IN ('stored', 'conflict')
    )
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
