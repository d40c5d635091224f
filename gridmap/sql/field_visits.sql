-- When some buildings were visited last, kind by kind, and whether that is done in the present period.
-- Parameters: building_ids bigint[]; kinds text[] and starts, ends timestamptz[] (side by side: the period of each kind,
--             half-open).
-- Columns: building_id, kind, last_at (null = never), done (visited in the period by a post whose role has to).
-- Relies on ix_visits_building_id_kind_visited_at.
SELECT b.id AS building_id, k.kind, latest.visited_at AS last_at,
       EXISTS (
           SELECT FROM visits v
           JOIN staff s ON s.id = v.staff_id
           JOIN visit_plans p ON p.kind = v.kind AND p.role = s.role
           WHERE v.building_id = b.id AND v.kind = k.kind AND v.visited_at >= k.starts_at AND v.visited_at < k.ends_at
       ) AS done
FROM unnest(CAST(:building_ids AS bigint[])) AS b(id)
CROSS JOIN unnest(CAST(:kinds AS text[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
    AS k(kind, starts_at, ends_at)
LEFT JOIN LATERAL (
    SELECT v.visited_at FROM visits v
    WHERE v.building_id = b.id AND v.kind = k.kind
    ORDER BY v.visited_at DESC
    LIMIT 1
) latest ON true
