-- Writes the staged shifts; the spot is the station, or the point on surface of the area. They are single shifts, and
-- take the place of one that follows a pattern.
-- Parameters: none. Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_shifts_staff_id_starts_at, uq_staff_code, uq_stations_code, uq_areas_code.
WITH spots AS MATERIALIZED (
    SELECT id, code, ST_PointOnSurface(geom) AS point FROM areas WHERE code IN (SELECT area_code FROM staged_shifts)
),
written AS (
    INSERT INTO shifts (staff_id, station_id, area_id, starts_at, ends_at, spot)
    SELECT f.id, t.id, a.id, s.starts_at, s.ends_at, coalesce(t.geom, a.point)::geography
    FROM staged_shifts s
    JOIN staff f ON f.code = s.staff_code
    LEFT JOIN stations t ON t.code = s.station_code
    LEFT JOIN spots a ON a.code = s.area_code
    ON CONFLICT (staff_id, starts_at) DO UPDATE
    SET station_id = excluded.station_id, area_id = excluded.area_id, ends_at = excluded.ends_at, spot = excluded.spot,
        pattern_id = NULL
    WHERE (shifts.station_id, shifts.area_id, shifts.ends_at, shifts.spot::geometry, shifts.pattern_id)
        IS DISTINCT FROM (excluded.station_id, excluded.area_id, excluded.ends_at, excluded.spot::geometry, NULL)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
