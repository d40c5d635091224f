-- The first shift to begin after a moment, for the time when nobody is on duty.
-- Parameters: at timestamptz; roles text[] (one of them; empty = every role); skills text[] (all of them).
-- Columns: starts_at, staff_code, role, station_code, station_name, phone (the post's, else the
--          station's, else the role's).
-- Relies on ix_shifts_starts_at.
SELECT sh.starts_at, p.code AS staff_code, p.role, st.code AS station_code, st.name AS station_name,
       coalesce(p.duty_phone, st.phone, r.duty_phone) AS phone
FROM shifts sh
JOIN staff p ON p.id = sh.staff_id
            AND (cardinality(CAST(:roles AS text[])) = 0 OR p.role = ANY(CAST(:roles AS text[])))
            AND p.skills @> CAST(:skills AS text[])
JOIN staff_roles r ON r.code = p.role
LEFT JOIN stations st ON st.id = sh.station_id
WHERE sh.starts_at > CAST(:at AS timestamptz)
ORDER BY sh.starts_at
LIMIT 1
