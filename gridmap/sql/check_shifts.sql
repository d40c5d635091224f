-- Which staged shifts name a post, station or area that is not there, meet another shift of the same person, or lie
-- after the last day of the person's last posting (who has no postings at all is not asked for them).
-- Parameters: zone text (of local days). Returns: part, number, column_name, reason, value, hint.
-- Relies on: uq_staff_code, uq_stations_code, uq_areas_code, uq_shifts_staff_id_starts_at.
WITH leaving AS MATERIALIZED (
    SELECT staff_id, max(coalesce(ends_on, 'infinity')) AS last_day FROM postings GROUP BY staff_id
)
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
UNION ALL
SELECT s.part, s.number, 'starts_at', 'overlaps_shift',
       to_char(s.meets AT TIME ZONE CAST(:zone AS text), 'YYYY-MM-DD HH24:MI'), ''
FROM (
    SELECT part, number, starts_at, max(ends_at) OVER before AS ended_at, max(starts_at) OVER before AS meets
    FROM staged_shifts
    WINDOW before AS (PARTITION BY staff_code ORDER BY starts_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) s
WHERE s.ended_at > s.starts_at
UNION ALL
SELECT s.part, s.number, 'starts_at', 'overlaps_shift',
       to_char(min(o.starts_at) AT TIME ZONE CAST(:zone AS text), 'YYYY-MM-DD HH24:MI'), ''
FROM staged_shifts s
JOIN staff f ON f.code = s.staff_code
JOIN shifts o ON o.staff_id = f.id AND o.pattern_id IS NULL AND o.starts_at < s.ends_at AND o.ends_at > s.starts_at
WHERE NOT EXISTS (
    SELECT FROM staged_shifts w WHERE w.staff_code = s.staff_code AND w.starts_at = o.starts_at
)
GROUP BY s.part, s.number
UNION ALL
SELECT s.part, s.number, 'starts_at', 'after_last_posting', to_char(l.last_day, 'YYYY-MM-DD'), ''
FROM staged_shifts s
JOIN staff f ON f.code = s.staff_code
JOIN leaving l ON l.staff_id = f.id
WHERE (s.starts_at AT TIME ZONE CAST(:zone AS text))::date > l.last_day
ORDER BY part, number
