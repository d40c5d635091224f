-- Which staged shifts name a post, station or area that is not there.
-- Parameters: none. Returns: part, number, column_name, reason, value, hint.
-- Relies on: uq_staff_code, uq_stations_code, uq_areas_code.
SELECT s.part, s.number, 'staff_code' AS column_name, 'unknown_staff' AS reason, s.staff_code AS value, '' AS hint
FROM staged_shifts s LEFT JOIN staff f ON f.code = s.staff_code
WHERE f.id IS NULL
UNION ALL
SELECT s.part, s.number, 'station_code', 'unknown_station', s.station_code, ''
FROM staged_shifts s LEFT JOIN stations t ON t.code = s.station_code
WHERE s.station_code IS NOT NULL AND t.id IS NULL
UNION ALL
SELECT s.part, s.number, 'area_code', 'unknown_area', s.area_code, ''
FROM staged_shifts s LEFT JOIN areas a ON a.code = s.area_code
WHERE s.area_code IS NOT NULL AND a.id IS NULL
ORDER BY part, number
