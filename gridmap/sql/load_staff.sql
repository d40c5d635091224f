-- Writes the staged posts.
-- Parameters: none. Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_staff_code, uq_areas_code, uq_stations_code.
WITH written AS (
    INSERT INTO staff (code, role, organisation, office_id, station_id, duty_phone, skills)
    SELECT s.code, s.role, coalesce(s.organisation, ''), a.id, t.id, s.phone,
           coalesce(array_remove(regexp_split_to_array(btrim(s.skills), E'\\s*[;\uff1b\u3001]\\s*'), ''), '{}')
    FROM staged_staff s
    LEFT JOIN areas a ON a.code = s.office_code
    LEFT JOIN stations t ON t.code = s.station_code
    ON CONFLICT (code) DO UPDATE
    SET role = excluded.role, organisation = excluded.organisation, office_id = excluded.office_id,
        station_id = excluded.station_id, duty_phone = excluded.duty_phone, skills = excluded.skills
    WHERE (staff.role, staff.organisation, staff.office_id, staff.station_id, staff.duty_phone, staff.skills)
        IS DISTINCT FROM (excluded.role, excluded.organisation, excluded.office_id, excluded.station_id,
                          excluded.duty_phone, excluded.skills)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
