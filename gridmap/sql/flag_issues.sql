-- Marks the issues that maps must not trust: no place; one of :least_rows or more, and of :least_share or more of
-- its source, on exactly one point that no building explains; outside every district; closed before reported.
-- Parameters: source (NULL = all), least_rows, least_share (0-1). Returns: nothing.
-- Relies on: uq_issues_source_source_id, idx_areas_geom.
WITH chosen AS MATERIALIZED (
    SELECT id, source, geom, building_id, reported_at, closed_at FROM issues
    WHERE CAST(:source AS text) IS NULL OR source = :source
),
totals AS (SELECT source, count(*) AS issues FROM chosen GROUP BY source),
placeholders AS MATERIALIZED (
    SELECT c.source, c.geom
    FROM chosen c
    WHERE c.geom IS NOT NULL AND c.building_id IS NULL
    GROUP BY c.source, c.geom
    HAVING count(*) >= :least_rows
       AND count(*) >= :least_share * (SELECT issues FROM totals t WHERE t.source = c.source)
),
judged AS (
    SELECT c.id, array_remove(ARRAY[
        CASE WHEN c.geom IS NULL THEN 'no_coordinates' END,
        CASE WHEN c.building_id IS NULL AND EXISTS (
            SELECT FROM placeholders p WHERE p.source = c.source AND p.geom = c.geom
        ) THEN 'placeholder_point' END,
        CASE WHEN c.geom IS NOT NULL AND EXISTS (SELECT FROM areas WHERE level = 'district') AND NOT EXISTS (
            SELECT FROM areas a WHERE a.level = 'district' AND ST_Covers(a.geom, c.geom)
        ) THEN 'outside_city' END,
        CASE WHEN c.closed_at < c.reported_at THEN 'closed_before_reported' END
    ], NULL) AS flags
    FROM chosen c
)
UPDATE issues SET flags = judged.flags FROM judged
WHERE issues.id = judged.id AND issues.flags <> judged.flags
