-- On which sides of a border an issue may lie: micro-grids of the published plan, grids where there is no plan.
-- Parameters: building_id bigint, entrance_number int, floor int (null where not known); lon, lat float (degrees,
--             EPSG:4326; the point of an issue without building); near_m float (metres on the spheroid).
-- Columns: kind (micro_grid | grid), code, name, grid_code, plan_id (of a micro-grid), distance_m (0 inside),
--          lon, lat (a point in it, close by: who is asked for there is asked on that side); nearest first, then by code.
-- A building lies where the plan puts the part that is named (entrance, floor), else where any part of it is; and,
-- where the plan does not divide it, also where more than a twentieth of its ground lies. A point lies in all that is
-- within near_m. A micro-grid that stands on another has no ground of its own: it is where the building is.
-- Relies on ix_assignments_building_id_plan_id, idx_micro_grids_geom and idx_areas_geom (GiST).
WITH place AS (
    SELECT CAST(:building_id AS bigint) AS building_id, b.geom AS ground,
           CASE WHEN b.id IS NULL THEN ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)
                ELSE b.point END AS point
    FROM (SELECT 1) one LEFT JOIN buildings b ON b.id = CAST(:building_id AS bigint)
),
around AS (
    SELECT p.*, coalesce(p.ground, ST_Buffer(p.point::geography, CAST(:near_m AS float8) * 1.1)::geometry) AS reach
    FROM place p
),
held AS (
    SELECT s.micro_grid_id,
           bool_or((s.entrance_number IS NULL OR CAST(:entrance_number AS int) IS NULL
                    OR s.entrance_number = CAST(:entrance_number AS int))
                   AND (CAST(:floor AS int) IS NULL
                        OR CAST(:floor AS int) BETWEEN coalesce(s.floor_from, -99) AND coalesce(s.floor_to, 999))) AS is_named
    FROM assignments s
    JOIN micro_grids m ON m.id = s.micro_grid_id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    WHERE s.building_id = CAST(:building_id AS bigint)
    GROUP BY s.micro_grid_id
),
whole AS (SELECT count(*) < 2 AS undivided FROM held),
sides AS (
    SELECT 'micro_grid' AS kind, m.code, m.contents AS name, g.code AS grid_code, m.plan_id, m.geom
    FROM around a
    JOIN micro_grids m ON ST_Intersects(m.geom, a.reach) AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    JOIN areas g ON g.id = m.grid_id
    WHERE CASE WHEN a.ground IS NULL
               THEN ST_Distance(m.geom::geography, a.point::geography) <= CAST(:near_m AS float8)
               ELSE (SELECT undivided FROM whole)
                    AND ST_Area(ST_Intersection(m.geom, a.ground)) > ST_Area(a.ground) / 20 END
    UNION
    SELECT 'micro_grid', m.code, m.contents, g.code, m.plan_id, m.geom
    FROM held h JOIN micro_grids m ON m.id = h.micro_grid_id JOIN areas g ON g.id = m.grid_id
    WHERE h.is_named OR NOT (SELECT bool_or(is_named) FROM held)
),
grids AS (
    SELECT 'grid' AS kind, g.code, g.name, g.code AS grid_code, CAST(NULL AS bigint) AS plan_id, g.geom
    FROM around a
    JOIN areas g ON ST_Intersects(g.geom, a.reach) AND g.level = 'grid'
    WHERE NOT EXISTS (SELECT FROM sides)
      AND CASE WHEN a.ground IS NULL
               THEN ST_Distance(g.geom::geography, a.point::geography) <= CAST(:near_m AS float8)
               ELSE ST_Area(ST_Intersection(g.geom, a.ground)) > ST_Area(a.ground) / 20 END
)
SELECT s.kind, s.code, s.name, s.grid_code, s.plan_id,
       coalesce(ST_Distance(s.geom::geography, a.point::geography), 0) AS distance_m, ST_X(i.inside) AS lon, ST_Y(i.inside) AS lat
FROM (SELECT * FROM sides UNION ALL SELECT * FROM grids) s
CROSS JOIN around a
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.geom IS NULL OR ST_IsEmpty(s.geom) OR ST_Intersects(s.geom, a.point) THEN a.point
                WHEN ST_Intersects(s.geom, a.reach) THEN ST_PointOnSurface(ST_Intersection(s.geom, a.reach))
                ELSE ST_PointOnSurface(s.geom) END AS inside
) i
ORDER BY distance_m, s.code
