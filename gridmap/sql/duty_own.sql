-- Who is on duty at a moment and posted to the very place of a point: its building, an entrance of it, compound,
-- micro-grid, grid or community. Streets and districts are everybody's.
-- Parameters: lon, lat float (degrees, EPSG:4326); at timestamptz; on_date date (local; a posting's last day is
--             included); roles text[] (one of them; empty = every role); skills text[] (all of them).
-- Columns: as of duty_nearest, in no order.
-- Relies on idx_buildings_geom, idx_micro_grids_geom, idx_compounds_geom, idx_areas_geom (GiST),
-- ix_postings_building_id, ix_postings_micro_grid_code, ix_postings_area_id, uq_shifts_staff_id_starts_at.
WITH point AS MATERIALIZED (
    SELECT ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326) AS geom
),
building AS MATERIALIZED (
    SELECT b.id FROM point, buildings b WHERE ST_Intersects(b.geom, point.geom)
),
posted AS MATERIALIZED (
    SELECT p.staff_id, p.starts_on, p.ends_on FROM building b JOIN postings p ON p.building_id = b.id
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on
    FROM building b JOIN entrances e ON e.building_id = b.id JOIN postings p ON p.entrance_id = e.id
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on
    FROM point JOIN micro_grids m ON ST_Intersects(m.geom, point.geom)
                                 AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    JOIN postings p ON p.micro_grid_code = m.code
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on
    FROM point JOIN compounds c ON ST_Intersects(c.geom, point.geom) JOIN postings p ON p.compound_id = c.id
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on
    FROM point JOIN areas a ON ST_Intersects(a.geom, point.geom) AND a.level IN ('grid', 'community')
    JOIN postings p ON p.area_id = a.id
),
own AS MATERIALIZED (
    SELECT DISTINCT staff_id FROM posted
    WHERE starts_on <= :on_date AND (ends_on IS NULL OR ends_on >= :on_date)
)
SELECT sh.id AS shift_id, p.id AS staff_id, p.code AS staff_code, p.role, p.organisation, p.duty_phone, p.skills,
       st.code AS station_code, st.name AS station_name, st.phone AS station_phone,
       a.code AS area_code, a.name AS area_name, sh.starts_at, sh.ends_at,
       ST_Distance(sh.spot, (SELECT geom FROM point)::geography) AS distance_m,
       ST_X(sh.spot::geometry) AS lon, ST_Y(sh.spot::geometry) AS lat
FROM own
JOIN staff p ON p.id = own.staff_id
            AND (cardinality(CAST(:roles AS text[])) = 0 OR p.role = ANY(CAST(:roles AS text[])))
            AND p.skills @> CAST(:skills AS text[])
JOIN shifts sh ON sh.staff_id = p.id AND sh.starts_at <= CAST(:at AS timestamptz)
              AND sh.ends_at > CAST(:at AS timestamptz)
LEFT JOIN stations st ON st.id = sh.station_id
LEFT JOIN areas a ON a.id = sh.area_id
