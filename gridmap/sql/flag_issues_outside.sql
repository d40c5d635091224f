-- Marks the issues outside every district, and unmarks those inside one, where staged districts are or were; all
-- issues when there was no district before.
-- Parameters: none. Returns: nothing. Relies on: uq_areas_code, ix_areas_level, idx_issues_geom, idx_areas_geom.
WITH changed AS MATERIALIZED (
    SELECT geom, was_geom FROM staged_areas
    WHERE 'district' IN (level, was_level) AND (level, geom) IS DISTINCT FROM (was_level, was_geom)
),
touched AS (
    SELECT i.id, i.geom, i.flags FROM issues i
    WHERE EXISTS (SELECT FROM changed) AND NOT EXISTS (
        SELECT FROM areas a LEFT JOIN staged_areas s USING (code)
        WHERE a.level = 'district' AND (s.code IS NULL OR s.was_level = 'district')
    )
    UNION
    SELECT i.id, i.geom, i.flags FROM changed JOIN issues i ON i.geom && changed.geom
    UNION
    SELECT i.id, i.geom, i.flags FROM changed JOIN issues i ON i.geom && changed.was_geom
),
judged AS (
    SELECT t.id, array_remove(ARRAY[
        CASE WHEN 'placeholder_point' = ANY (t.flags) THEN 'placeholder_point' END,
        CASE WHEN EXISTS (SELECT FROM areas WHERE level = 'district') AND NOT EXISTS (
            SELECT FROM areas a WHERE a.level = 'district' AND ST_Covers(a.geom, t.geom)
        ) THEN 'outside_city' END,
        CASE WHEN 'closed_before_reported' = ANY (t.flags) THEN 'closed_before_reported' END
    ], NULL) AS flags
    FROM touched t
    WHERE t.geom IS NOT NULL
)
UPDATE issues SET flags = judged.flags FROM judged
WHERE issues.id = judged.id AND issues.flags <> judged.flags
