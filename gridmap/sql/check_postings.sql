-- Which staged postings name a post or a place that is not there.
-- Parameters: none. Returns: part, number, column_name, reason, value, hint. Relies on: one pass over the staged rows.
SELECT part, number, 'staff_code' AS column_name, 'unknown_staff' AS reason, staff_code AS value, '' AS hint
FROM staged_postings WHERE staff_id IS NULL
UNION ALL
SELECT part, number, 'place_code',
       CASE WHEN place_level IN ('micro_grid', 'compound', 'building', 'entrance', 'station')
            THEN 'unknown_' || place_level ELSE 'unknown_area' END,
       place_code, place_level
FROM staged_postings
WHERE num_nonnulls(area_id, micro_grid_code, compound_id, building_id, entrance_id, station_id) = 0
ORDER BY part, number
