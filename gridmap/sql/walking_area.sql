-- The district whose walking network an area belongs to, and how old is what a process may have kept of it.
-- Parameters: area_id bigint; margin float (degrees around the district).
-- Columns: id (the area), district_id, west, south, east, north (of the district with its margin, EPSG:4326),
--          roads_version (as of layer_versions), doors_version (the same of all that doors are made of); empty where
--          none of it ever changed.
-- Relies on pk_areas.
SELECT a.id, d.id AS district_id,
       ST_XMin(d.geom) - CAST(:margin AS float8) AS west, ST_YMin(d.geom) - CAST(:margin AS float8) AS south,
       ST_XMax(d.geom) + CAST(:margin AS float8) AS east, ST_YMax(d.geom) + CAST(:margin AS float8) AS north,
       changes.roads_version, changes.doors_version
FROM areas a
JOIN areas d ON d.id = a.lineage[1]
CROSS JOIN (
    SELECT coalesce(md5(string_agg(mark::text, '' ORDER BY mark) FILTER (WHERE layer = 'roads')), '') AS roads_version,
           coalesce(md5(string_agg(mark::text, '' ORDER BY mark)
               FILTER (WHERE layer IN ('buildings', 'entrances', 'areas'))), '') AS doors_version
    FROM layer_changes
) changes
WHERE a.id = :area_id
