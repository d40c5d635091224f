-- How many people of some roles are on duty in each area of a level at a moment.
-- Parameters: area_id bigint; level text (grid, community, street, district); roles text[]; at timestamptz.
-- Columns: place_id and area_id (the area), households, households_estimated, plan_id (empty), posts.
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id.
WITH below AS MATERIALIZED (
    SELECT a.id, a.level, a.lineage
    FROM areas a
    WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
), sums AS (
    SELECT inside.id, sum(b.households)::int AS households, bool_or(b.households_estimated) AS estimated
    FROM below g
    JOIN buildings b ON b.grid_id = g.id AND b.households > 0
    CROSS JOIN LATERAL unnest(g.lineage) AS inside (id)
    WHERE g.level = 'grid'
    GROUP BY inside.id
), duty AS (
    SELECT inside.id, count(DISTINCT d.staff_id)::int AS posts
    FROM shifts d
    JOIN staff s ON s.id = d.staff_id AND s.role = ANY(CAST(:roles AS text[]))
    LEFT JOIN stations t ON t.id = d.station_id
    JOIN areas a ON a.id = coalesce(d.area_id, t.grid_id)
    CROSS JOIN LATERAL unnest(a.lineage) AS inside (id)
    WHERE d.starts_at <= :at AND d.ends_at > :at
    GROUP BY inside.id
)
SELECT a.id AS place_id, a.id AS area_id, coalesce(h.households, 0) AS households,
       coalesce(h.estimated, false) AS households_estimated, CAST(NULL AS bigint) AS plan_id,
       coalesce(d.posts, 0) AS posts
FROM below a
LEFT JOIN sums h ON h.id = a.id
LEFT JOIN duty d ON d.id = a.id
WHERE a.level = :level
ORDER BY place_id
