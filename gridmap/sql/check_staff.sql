-- Which staged posts name a role, an office or a station that is not there.
-- Parameters: none. Returns: part, number, column_name, reason, value, hint.
-- Relies on: pk_staff_roles, uq_areas_code, uq_stations_code.
SELECT s.part, s.number, 'role' AS column_name, 'unknown_role' AS reason, s.role AS value,
       (SELECT string_agg(code, ' | ' ORDER BY code) FROM staff_roles) AS hint
FROM staged_staff s LEFT JOIN staff_roles r ON r.code = s.role
WHERE r.code IS NULL
UNION ALL
SELECT s.part, s.number, 'office_code', 'unknown_area', s.office_code, ''
FROM staged_staff s LEFT JOIN areas a ON a.code = s.office_code
WHERE s.office_code IS NOT NULL AND a.id IS NULL
UNION ALL
SELECT s.part, s.number, 'station_code', 'unknown_station', s.station_code, ''
FROM staged_staff s LEFT JOIN stations t ON t.code = s.station_code
WHERE s.station_code IS NOT NULL AND t.id IS NULL
ORDER BY part, number
