-- Issues of an area over time, in the city's own days or weeks (from Monday); empty buckets are there with 0.
-- Parameters: area_id bigint; starts_at, ends_at timestamptz (half-open); category text (empty text = all);
--             bucket text (day or week); zone text (IANA name of the city's time zone).
-- Columns: starts_on (local date the bucket begins), issues.
-- Counts what heat_areas counts: by the building's grid, else by the point in the area.
-- Relies on ix_issues_reported_at_category, ix_buildings_grid_id, ix_areas_lineage (GIN).
WITH homes AS MATERIALIZED (
    SELECT b.id
    FROM areas g
    JOIN buildings b ON b.grid_id = g.id
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)] AND g.level = 'grid'
), asked AS MATERIALIZED (
    SELECT date_trunc(:bucket, i.reported_at AT TIME ZONE :zone) AS starts_on, i.building_id, i.geom,
           h.id IS NOT NULL AS at_home
    FROM issues i
    LEFT JOIN homes h ON h.id = i.building_id
    WHERE i.reported_at >= CAST(:starts_at AS timestamptz)
      AND i.reported_at < CAST(:ends_at AS timestamptz)
      AND (CAST(:category AS text) = '' OR i.category = :category)
      AND i.flags = '{}'
), counted AS (
    SELECT a.starts_on, count(*) AS issues
    FROM asked a
    LEFT JOIN buildings b ON b.id = a.building_id AND NOT a.at_home
    WHERE a.at_home
       OR b.grid_id IS NULL AND ST_Intersects((SELECT geom FROM areas WHERE id = CAST(:area_id AS bigint)), a.geom)
    GROUP BY a.starts_on
), buckets AS (
    SELECT generate_series(
        date_trunc(:bucket, CAST(:starts_at AS timestamptz) AT TIME ZONE :zone),
        CAST(:ends_at AS timestamptz) AT TIME ZONE :zone - interval '1 microsecond',
        CAST('1 ' || :bucket AS interval)) AS starts_on
)
SELECT CAST(buckets.starts_on AS date) AS starts_on, coalesce(counted.issues, 0) AS issues
FROM buckets
LEFT JOIN counted USING (starts_on)
ORDER BY starts_on
