-- The district whose walking network a place belongs to.
-- Parameters: lon, lat float (degrees, EPSG:4326).
-- Columns: district_id, roads_version (as of layer_versions; empty where roads never changed); no row outside every area.
-- Relies on idx_areas_geom (GiST); the smallest areas are tried first, so large outlines are not often read.
SELECT small.lineage[1] AS district_id,
       (SELECT coalesce(md5(string_agg(mark::text, '' ORDER BY mark)), '') FROM layer_changes WHERE layer = 'roads')
           AS roads_version
FROM (
    SELECT a.id, a.lineage, a.geom
    FROM areas a
    WHERE a.geom && ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)
    ORDER BY cardinality(a.lineage) DESC, a.id
    OFFSET 0
) small
WHERE ST_Intersects(small.geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
LIMIT 1
