-- The district whose walking network an area belongs to.
-- Parameters: area_id bigint.
-- Columns: district_id, roads_version (as of layer_versions; null where roads never changed).
-- Relies on pk_areas.
SELECT lineage[1] AS district_id,
       (SELECT md5(string_agg(mark::text, '' ORDER BY mark)) FROM layer_changes WHERE layer = 'roads') AS roads_version
FROM areas
WHERE id = :area_id
