-- Marks placeholder points among all issues of a source, when some have just been written: theirs are marked already,
-- and with them a point may have become one, or be one no longer. A placeholder: :least_rows or more, and :least_share
-- or more of the source, on exactly one point that no building explains.
-- Parameters: source, least_rows, least_share (0-1). Returns: nothing.
-- Relies on: uq_issues_source_source_id, idx_issues_geom.
WITH doubtful AS MATERIALIZED (
    SELECT DISTINCT geom FROM issues WHERE source = :source AND 'placeholder_point' = ANY (flags)
),
placeholders AS MATERIALIZED (
    SELECT i.geom FROM doubtful JOIN issues i USING (geom)
    WHERE i.source = :source AND i.building_id IS NULL
    GROUP BY i.geom
    HAVING count(*) >= :least_rows
       AND count(*) >= :least_share * (SELECT count(*) FROM issues WHERE source = :source)
),
judged AS (
    SELECT i.id, array_remove(i.flags, 'placeholder_point') AS flags FROM issues i
    WHERE i.source = :source AND 'placeholder_point' = ANY (i.flags)
      AND NOT (i.building_id IS NULL AND i.geom IN (SELECT geom FROM placeholders))
    UNION ALL
    SELECT i.id, ARRAY['placeholder_point'] || i.flags
    FROM placeholders p JOIN issues i ON i.geom && p.geom AND i.geom = p.geom
    WHERE i.source = :source AND i.building_id IS NULL AND NOT 'placeholder_point' = ANY (i.flags)
)
UPDATE issues SET flags = judged.flags FROM judged WHERE issues.id = judged.id
