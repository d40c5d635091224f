-- Who is on duty at a moment, nearest first, by the roster: the place of the duty, never of a person.
-- Parameters: lon, lat float (degrees, EPSG:4326); at timestamptz; roles text[] (one of them; empty = every
--             role); skills text[] (all of them; empty = whatever they can); at_most int (people wanted).
-- Columns: shift_id, staff_id, staff_code, role, organisation, duty_phone, skills, station_code, station_name,
--          station_phone, area_code, area_name, starts_at, ends_at, distance_m (spheroid), lon, lat;
--          ordered by distance, then staff_code. The index walks by the sphere, which is up to 0.6 % off: of
--          two at all but the same distance the wrong one may be the last that is read.
-- Relies on ix_shifts_spot_during (GiST): walks outwards from the point and drops shifts of other hours inside
-- the index. The asked point stands inside ORDER BY (in a joined row it would sort every shift), and the role is
-- a scalar subquery: as a join the planner would read everybody on duty first. Ties share a station, so they are
-- all read and put in order.
SELECT near.id AS shift_id, p.id AS staff_id, p.code AS staff_code, p.role, p.organisation, p.duty_phone, p.skills,
       st.code AS station_code, st.name AS station_name, st.phone AS station_phone,
       a.code AS area_code, a.name AS area_name, near.starts_at, near.ends_at,
       ST_Distance(near.spot, ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)::geography)
           AS distance_m,
       ST_X(near.spot::geometry) AS lon, ST_Y(near.spot::geometry) AS lat
FROM (
    SELECT sh.id, sh.staff_id, sh.station_id, sh.area_id, sh.starts_at, sh.ends_at, sh.spot
    FROM shifts sh
    WHERE sh.during @> CAST(:at AS timestamptz)
      AND (cardinality(CAST(:roles AS text[])) + cardinality(CAST(:skills AS text[])) = 0
           OR (SELECT (cardinality(CAST(:roles AS text[])) = 0 OR r.role = ANY(CAST(:roles AS text[])))
                      AND r.skills @> CAST(:skills AS text[])
               FROM staff r WHERE r.id = sh.staff_id))
    ORDER BY sh.spot <-> ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)::geography
    FETCH FIRST (CAST(:at_most AS int)) ROWS WITH TIES
) near
JOIN staff p ON p.id = near.staff_id
LEFT JOIN stations st ON st.id = near.station_id
LEFT JOIN areas a ON a.id = near.area_id
ORDER BY distance_m, p.code
LIMIT :at_most
