-- Which of some staff are posted to the very place of a point: its building or an entrance of it, its compound,
-- micro-grid or an area.
-- Parameters: lon, lat float (degrees, EPSG:4326); on_date date (local; a posting's last day is included);
--             staff_ids bigint[].
-- Columns: staff_id, place_kind (entrance, building, micro_grid, compound, grid, community, street, district), place_code,
--          place_name; the smallest place of each staff member only.
-- Relies on idx_buildings_geom, idx_micro_grids_geom, idx_compounds_geom, idx_areas_geom (GiST) and
-- uq_postings_staff_place_start (by staff_id).
WITH places AS MATERIALIZED (
    SELECT 1 AS size, 'building' AS kind, b.id, b.id::text AS code, b.name
    FROM buildings b
    WHERE ST_Intersects(b.geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
    UNION ALL
    SELECT 0, 'entrance', e.id, b.id || '/' || e.number, coalesce(nullif(e.name, ''), e.number::text)
    FROM buildings b JOIN entrances e ON e.building_id = b.id
    WHERE ST_Intersects(b.geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
    UNION ALL
    SELECT 2, 'micro_grid', m.id, m.code, m.contents
    FROM micro_grids m
    WHERE ST_Intersects(m.geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
      AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    UNION ALL
    SELECT 3, 'compound', c.id, c.code, c.name
    FROM compounds c
    WHERE ST_Intersects(c.geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
    UNION ALL
    SELECT 8 - array_length(a.lineage, 1), a.level, a.id, a.code, a.name
    FROM areas a
    WHERE ST_Intersects(a.geom, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326))
)
SELECT DISTINCT ON (p.staff_id) p.staff_id, places.kind AS place_kind, places.code AS place_code,
       places.name AS place_name
FROM postings p
JOIN places ON CASE places.kind
        WHEN 'entrance' THEN p.entrance_id = places.id
        WHEN 'building' THEN p.building_id = places.id
        WHEN 'micro_grid' THEN p.micro_grid_code = places.code
        WHEN 'compound' THEN p.compound_id = places.id
        ELSE p.area_id = places.id
    END
WHERE p.staff_id = ANY(CAST(:staff_ids AS bigint[]))
  AND p.starts_on <= :on_date
  AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
ORDER BY p.staff_id, places.size, places.code
