-- Flagged issues of a period and area, which no map counts, by their first flag.
-- Parameters: area_id bigint; starts_at, ends_at timestamptz (half-open); category text (empty text = all).
-- Columns: flag, issues. An issue whose place is unknown may belong to any area and is counted in each.
-- Relies on ix_issues_reported_at_category.
SELECT i.flags[1] AS flag, count(*) AS issues
FROM issues i
WHERE i.reported_at >= CAST(:starts_at AS timestamptz)
  AND i.reported_at < CAST(:ends_at AS timestamptz)
  AND (CAST(:category AS text) = '' OR i.category = :category)
  AND i.flags <> '{}'
  AND (i.grid_id IS NULL
       OR i.grid_id IN (SELECT id FROM areas WHERE lineage @> ARRAY[CAST(:area_id AS bigint)] AND level = 'grid'))
GROUP BY i.flags[1]
ORDER BY i.flags[1]
