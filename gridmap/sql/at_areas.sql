-- The areas and the published micro-grids around a point.
-- Parameters: lon, lat float (degrees, EPSG:4326).
-- Columns: code, level (micro_grid, or that of an area), name; the smallest first, then by code.
-- Relies on idx_areas_geom and idx_micro_grids_geom (GiST).
SELECT code, level, name
FROM (
    SELECT m.code, 'micro_grid' AS level, m.contents AS name, 9 AS depth
    FROM micro_grids m
    WHERE ST_Intersects(m.geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
      AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    UNION ALL
    SELECT a.code, a.level, a.name, cardinality(a.lineage)
    FROM areas a
    WHERE ST_Intersects(a.geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
) around
ORDER BY depth DESC, code
