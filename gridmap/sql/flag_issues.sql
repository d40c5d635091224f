-- Marks the issues that maps must not trust: no place; one of :least_rows or more, and of :least_share or more of
-- its source, on exactly one point that no building explains; outside every district; closed before reported.
-- The staged issues are judged anew; of the others of their source only what is a placeholder may have changed.
-- Parameters: source, least_rows, least_share (0-1). Returns: nothing.
-- Relies on: uq_issues_source_source_id, idx_issues_geom, idx_areas_geom.
WITH placeholders AS MATERIALIZED (
    SELECT geom FROM issues
    WHERE source = :source AND geom IS NOT NULL AND building_id IS NULL
    GROUP BY geom
    HAVING count(*) >= :least_rows
       AND count(*) >= :least_share * (SELECT count(*) FROM issues WHERE source = :source)
),
outside AS MATERIALIZED (
    SELECT p.geom FROM (SELECT DISTINCT geom FROM staged_issues WHERE geom IS NOT NULL ORDER BY geom) p
    WHERE EXISTS (SELECT FROM areas WHERE level = 'district') AND NOT EXISTS (
        SELECT FROM areas a WHERE a.level = 'district' AND ST_Covers(a.geom, p.geom)
    )
),
staged AS MATERIALIZED (
    SELECT i.id, i.geom, i.building_id, i.reported_at, i.closed_at
    FROM staged_issues s JOIN issues i ON i.source = :source AND i.source_id = s.id
),
judged AS (
    SELECT id, array_remove(ARRAY[
        CASE WHEN geom IS NULL THEN 'no_coordinates' END,
        CASE WHEN building_id IS NULL AND geom IN (SELECT geom FROM placeholders) THEN 'placeholder_point' END,
        CASE WHEN geom IN (SELECT geom FROM outside) THEN 'outside_city' END,
        CASE WHEN closed_at < reported_at THEN 'closed_before_reported' END
    ], NULL) AS flags
    FROM staged
    UNION ALL
    SELECT i.id, array_remove(i.flags, 'placeholder_point') FROM issues i
    WHERE i.source = :source AND 'placeholder_point' = ANY (i.flags)
      AND NOT (i.building_id IS NULL AND i.geom IN (SELECT geom FROM placeholders))
      AND i.id NOT IN (SELECT id FROM staged)
    UNION ALL
    SELECT i.id, ARRAY['placeholder_point'] || i.flags
    FROM placeholders p JOIN issues i ON i.geom && p.geom AND i.geom = p.geom
    WHERE i.source = :source AND i.building_id IS NULL AND NOT 'placeholder_point' = ANY (i.flags)
      AND i.id NOT IN (SELECT id FROM staged)
)
UPDATE issues SET flags = judged.flags FROM judged
WHERE issues.id = judged.id AND issues.flags <> judged.flags
