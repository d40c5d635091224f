-- Who is on duty at a moment, nearest first, by the roster: the place of the duty, never of a person.
-- Parameters: lon, lat float (degrees, EPSG:4326); at timestamptz; roles text[] (one of them; empty = every
--             role); skills text[] (all of them; empty = whatever they can); at_most int (people wanted);
--             of_station int (people of one station at most).
-- Columns: shift_id, staff_id, staff_code, role, organisation, duty_phone, skills, station_code, station_name,
--          station_phone, area_code, area_name, starts_at, ends_at, distance_m (spheroid), lon, lat;
--          ordered by distance, then staff_code; of more at one place than are wanted those registered first.
--          The indexes walk by the sphere, which is up to 0.6 % off: of two at all but the same distance the
--          wrong one may be the last that is read.
-- Relies on idx_stations_geography, ix_shifts_station_id_during and ix_shifts_area_spot_during (GiST): walks from
-- station to station, and along the spots of areas, until enough are found; shifts of other hours are dropped inside
-- the index. Walking along all shifts reads everybody at the next place too before it knows that it is the next.
-- The asked point stands inside ORDER BY (in a joined row it would sort every shift), and the role is a scalar
-- subquery: as a join the planner would read everybody on duty first. What decides how many rows come stands in
-- subqueries, where the planner does not see the values, and the chosen in an array, which it takes for ten: so it
-- finds one plan as good as any other, keeps it, and need not plan for longer than the query runs.
SELECT sh.id AS shift_id, p.id AS staff_id, p.code AS staff_code, p.role, p.organisation, p.duty_phone, p.skills,
       st.code AS station_code, st.name AS station_name, st.phone AS station_phone,
       a.code AS area_code, a.name AS area_name, sh.starts_at, sh.ends_at,
       ST_Distance(sh.spot, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)::geography)
           AS distance_m,
       ST_X(sh.spot::geometry) AS lon, ST_Y(sh.spot::geometry) AS lat
FROM unnest(ARRAY(
    SELECT id
    FROM (
        (SELECT there.id, there.staff_id, s.sphere_m
         FROM (SELECT id, geom::geography
                      <-> ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)::geography AS sphere_m
               FROM stations ORDER BY sphere_m) s
         CROSS JOIN LATERAL (
             SELECT d.id, d.staff_id
             FROM shifts d
             WHERE d.station_id = s.id
               AND d.during @> (SELECT CAST(:at AS timestamptz))
               AND ((SELECT cardinality(CAST(:roles AS text[])) + cardinality(CAST(:skills AS text[]))) = 0
                    OR (SELECT (cardinality(CAST(:roles AS text[])) = 0 OR r.role = ANY(CAST(:roles AS text[])))
                               AND r.skills @> CAST(:skills AS text[])
                        FROM staff r WHERE r.id = d.staff_id))
             ORDER BY d.staff_id
             LIMIT (SELECT CAST(:of_station AS int))
         ) there
         ORDER BY s.sphere_m
         LIMIT (SELECT CAST(:at_most AS int)))
        UNION ALL
        (SELECT d.id, d.staff_id,
                d.spot <-> ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)::geography AS sphere_m
         FROM shifts d
         WHERE d.area_id IS NOT NULL
           AND d.during @> (SELECT CAST(:at AS timestamptz))
           AND ((SELECT cardinality(CAST(:roles AS text[])) + cardinality(CAST(:skills AS text[]))) = 0
                OR (SELECT (cardinality(CAST(:roles AS text[])) = 0 OR r.role = ANY(CAST(:roles AS text[])))
                           AND r.skills @> CAST(:skills AS text[])
                    FROM staff r WHERE r.id = d.staff_id))
         ORDER BY sphere_m
         FETCH FIRST (SELECT CAST(:at_most AS int)) ROWS WITH TIES)
    ) near
    ORDER BY sphere_m, staff_id
    LIMIT (SELECT CAST(:at_most AS int))
)) AS chosen (id)
JOIN shifts sh ON sh.id = chosen.id
JOIN staff p ON p.id = sh.staff_id
LEFT JOIN stations st ON st.id = sh.station_id
LEFT JOIN areas a ON a.id = sh.area_id
ORDER BY distance_m, p.code
