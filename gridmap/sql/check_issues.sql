-- Which staged issues name a building that is not there.
-- Parameters: none. Returns: part, number, column_name, reason, value, hint. Relies on: one pass over the staged rows.
SELECT part, number, 'building_id' AS column_name, 'unknown_building' AS reason, building_id AS value, '' AS hint
FROM staged_issues WHERE building_id IS NOT NULL AND found_id IS NULL
ORDER BY part, number
