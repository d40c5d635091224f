-- Writes the single shifts of a roster; one that begins with a shift of a pattern takes its place.
-- Parameters: staff_ids, station_ids, area_ids bigint[]; starts, ends timestamptz[], all of one length.
-- Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_shifts_staff_id_starts_at, pk_stations, pk_areas.
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:staff_ids AS bigint[]), CAST(:station_ids AS bigint[]), CAST(:area_ids AS bigint[]),
                         CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
                  AS g (staff_id, station_id, area_id, starts_at, ends_at)
),
written AS (
    INSERT INTO shifts (staff_id, station_id, area_id, starts_at, ends_at, spot)
    SELECT g.staff_id, g.station_id, g.area_id, g.starts_at, g.ends_at,
           coalesce(t.geom, ST_PointOnSurface(a.geom))::geography
    FROM given g
    LEFT JOIN stations t ON t.id = g.station_id
    LEFT JOIN areas a ON a.id = g.area_id
    ON CONFLICT (staff_id, starts_at) DO UPDATE
    SET station_id = excluded.station_id, area_id = excluded.area_id, ends_at = excluded.ends_at,
        spot = excluded.spot, pattern_id = NULL
    WHERE (shifts.station_id, shifts.area_id, shifts.ends_at, shifts.pattern_id)
        IS DISTINCT FROM (excluded.station_id, excluded.area_id, excluded.ends_at, NULL)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
