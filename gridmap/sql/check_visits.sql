-- Which staged visits name a post, building, entrance or kind that is not there, or a time still to come.
-- Parameters: zone text (of shown times). Returns: part, number, column_name, reason, value, hint.
-- Relies on: one pass over the staged rows, uq_entrances_building_id_number.
SELECT part, number, 'staff_code' AS column_name, 'unknown_staff' AS reason, staff_code AS value, '' AS hint
FROM staged_visits WHERE staff_id IS NULL
UNION ALL
SELECT part, number, 'building_id', 'unknown_building', building_id, '' FROM staged_visits WHERE found_id IS NULL
UNION ALL
SELECT part, number, 'entrance_number', 'edge_unknown_entrance', entrance_number::text,
       coalesce((SELECT string_agg(e.number::text, ', ' ORDER BY e.number) FROM entrances e
                 WHERE e.building_id = found_id), '-')
FROM staged_visits WHERE found_id IS NOT NULL AND entrance_number IS NOT NULL AND entrance_id IS NULL
UNION ALL
SELECT part, number, 'kind', 'unknown_visit_kind', kind,
       (SELECT string_agg(k.code, ' | ' ORDER BY k.place, k.code) FROM visit_kinds k)
FROM staged_visits s WHERE NOT EXISTS (SELECT FROM visit_kinds k WHERE k.code = s.kind)
UNION ALL
SELECT part, number, 'visited_at', 'visit_to_come', to_char(visited_at AT TIME ZONE CAST(:zone AS text), 'YYYY-MM-DD HH24:MI'), ''
FROM staged_visits WHERE visited_at > now() + interval '10 minutes'
UNION ALL
SELECT part, number, 'id', 'duplicate_key', id, first_id
FROM (
    SELECT part, number, id, first_value(id) OVER (PARTITION BY lower(id) ORDER BY part, number) AS first_id,
           row_number() OVER (PARTITION BY lower(id) ORDER BY part, number) AS place
    FROM staged_visits WHERE id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
) s
WHERE place > 1
ORDER BY part, number
