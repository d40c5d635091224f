-- Who is rostered in an area, or at one station, during a span of time.
-- Parameters: area_id bigint (a station's grid where one is asked for); station_id bigint (NULL = all of the area);
--             starts_at, ends_at timestamptz (half-open); zone text (of the days of postings).
-- Columns: shift_id, staff_code, role, role_zh, role_en, organisation, phone (the post's, else the station's, else the
--          role's), place_kind (station, grid, community, street, district), place_code, place_name, place_name_en (of areas), lineage
--          (bigint[], of the area the duty is kept in), starts_at, ends_at, pattern_id, after_last_posting (a single shift
--          that a plan or a hand has left behind); by place, post and begin.
-- Relies on ix_areas_lineage (GIN).
WITH inside AS MATERIALIZED (
    SELECT id, code, name, name_en, level, lineage FROM areas WHERE lineage @> ARRAY[CAST(:area_id AS bigint)]
), here AS (
    SELECT sh.id, sh.staff_id, sh.starts_at, sh.ends_at, sh.pattern_id, inside.level AS place_kind,
           inside.code AS place_code, inside.name AS place_name, inside.name_en AS place_name_en, CAST(NULL AS text) AS phone,
           inside.lineage
    FROM inside JOIN shifts sh ON sh.area_id = inside.id
    WHERE CAST(:station_id AS bigint) IS NULL AND sh.starts_at < :ends_at AND sh.ends_at > :starts_at
    UNION ALL
    SELECT sh.id, sh.staff_id, sh.starts_at, sh.ends_at, sh.pattern_id, 'station', t.code, t.name, NULL, t.phone,
           inside.lineage
    FROM inside
    JOIN stations t ON t.grid_id = inside.id
                   AND (CAST(:station_id AS bigint) IS NULL OR t.id = CAST(:station_id AS bigint))
    JOIN shifts sh ON sh.station_id = t.id
    WHERE sh.starts_at < :ends_at AND sh.ends_at > :starts_at
)
SELECT here.id AS shift_id, p.code AS staff_code, p.role, r.name_zh AS role_zh, r.name_en AS role_en, p.organisation,
       coalesce(p.duty_phone, here.phone, r.duty_phone) AS phone, here.place_kind, here.place_code, here.place_name,
       here.place_name_en, here.lineage, here.starts_at, here.ends_at, here.pattern_id,
       (here.starts_at AT TIME ZONE CAST(:zone AS text))::date > coalesce(leaving.last_day, 'infinity') AS after_last_posting
FROM here
JOIN staff p ON p.id = here.staff_id
JOIN staff_roles r ON r.code = p.role
CROSS JOIN LATERAL (
    SELECT max(coalesce(o.ends_on, 'infinity')) AS last_day FROM postings o WHERE o.staff_id = here.staff_id
) leaving
ORDER BY here.place_kind = 'station' DESC, here.place_code, r.code, p.code, here.starts_at
