-- Which staged listings name no place, two, one that is not there or nowhere on the map, or end before they start.
-- Parameters: none. Returns: part, number, column_name, reason, value, hint. Relies on: one pass over the staged rows.
SELECT part, number, 'building_id' AS column_name, 'listing_one_place' AS reason,
       coalesce(building_id, '') AS value, '' AS hint
FROM staged_listings WHERE num_nonnulls(building_id, compound_code) <> 1
UNION ALL
SELECT part, number, 'building_id', 'unknown_building', building_id, ''
FROM staged_listings WHERE building_id IS NOT NULL AND compound_code IS NULL AND found_id IS NULL
UNION ALL
SELECT part, number, 'compound_code', 'unknown_compound', compound_code, ''
FROM staged_listings WHERE compound_code IS NOT NULL AND building_id IS NULL AND compound_id IS NULL
UNION ALL
SELECT s.part, s.number, 'compound_code', 'listing_nowhere', s.compound_code, ''
FROM staged_listings s
JOIN compounds c ON c.id = s.compound_id
WHERE s.building_id IS NULL AND c.geom IS NULL
  AND NOT EXISTS (SELECT FROM buildings b WHERE b.compound_id = c.id)
UNION ALL
SELECT part, number, 'ends_on', 'ends_before_start', ends_on::text, ''
FROM staged_listings WHERE ends_on < starts_on
ORDER BY part, number
