-- How many of the staged visits stay as phones have said and not as the file says.
-- Parameters: none. Columns: taken_back (phones took them back), told_otherwise (they are there, with other values).
-- Relies on: ix_field_entries_subject_subject_id, uq_visits_client_id.
SELECT count(*) FILTER (WHERE v.id IS NULL) AS taken_back,
       count(*) FILTER (WHERE (v.staff_id, v.building_id, v.entrance_id, v.kind, v.visited_at, v.note)
                            IS DISTINCT FROM (s.staff_id, s.found_id, s.entrance_id, s.kind, s.visited_at, s.note)
                          AND v.id IS NOT NULL) AS told_otherwise
FROM staged_visits s
LEFT JOIN visits v ON v.client_id = s.client_id
WHERE EXISTS (
    SELECT FROM field_entries e
    WHERE e.subject = 'visit' AND e.subject_id = s.client_id::text AND e.state IN ('stored', 'conflict')
)
