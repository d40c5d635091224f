-- How issues of an area were handled in a period: cases of each figure by group, counted by the day a limit fell on.
-- Parameters: area_id bigint; starts_at, ends_at timestamptz (half-open); grouping text (area, tier, organisation,
--             company, category or all); figure, group_key text (NULL = every one); after_id bigint, at_most int (ids
--             of the cases, 0 = none).
-- Columns: group_key, figure, good, counted (cases), ids (bigint[], those that count, in their order).
-- A case voided or withdrawn before its limit is no case; one that was late already stays one. Only the first round
-- of clocks counts: settled in time and opened again within 7 days is not settled. A rating counts unless whoever
-- settled the issue had reported it, too. Refiled: settled, and reported again at the same building and category
-- within 7 days. When somebody answered, and how it ended, counts where it is known: the source of a load tells only
-- report and closing. An issue whose times contradict each other is no case of anything.
-- Relies on ix_areas_lineage, ix_issue_clocks_due_at_first, ix_issues_rated_at.
WITH grids AS MATERIALIZED (
    SELECT g.id, coalesce(below.code, g.code) AS area_code
    FROM areas g
    LEFT JOIN areas below
        ON below.id = g.lineage[array_position(g.lineage, CAST(:area_id AS bigint)) + 1]
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)]
), due AS MATERIALIZED (
    SELECT k.issue_id, k.clock, k.ended_at, k.ended_how = 'met' AND k.ended_at <= k.due_at AS in_time,
           NOT (k.ended_how = 'left' AND k.ended_at <= k.due_at) AS counts
    FROM issue_clocks k
    WHERE k.clock IN ('accept', 'settle')
      AND k.due_at >= CAST(:starts_at AS timestamptz)
      AND k.due_at < CAST(:ends_at AS timestamptz)
      AND k.round_number = 1
), settling AS MATERIALIZED (
    SELECT d.*, i.building_id, i.category, coalesce(p.outcome, i.outcome) AS outcome,
           coalesce(p.state, i.state) = 'void' AS is_void, i.state = 'merged' AS is_merged,
           d.in_time AND NOT EXISTS (
               SELECT FROM issue_clocks again
               WHERE again.issue_id = d.issue_id AND again.clock = 'settle' AND again.round_number = 2
                 AND again.starts_at <= d.ended_at + interval '7 days'
           ) AS holds
    FROM due d
    JOIN issues i ON i.id = d.issue_id
    LEFT JOIN issues p ON p.id = i.parent_id AND i.state = 'merged'
    WHERE d.clock = 'settle'
), cases AS (
    SELECT d.issue_id, 'response' AS figure, d.in_time AS good
    FROM due d JOIN issues i ON i.id = d.issue_id
    WHERE d.clock = 'accept' AND d.counts AND (
        d.ended_at IS NULL AND i.state = 'reported'
        OR EXISTS (
            SELECT FROM issue_events e
            WHERE e.issue_id = d.issue_id AND e.action <> ALL (ARRAY['report', 'escalate', 'archive'])
              AND e.at <= coalesce(d.ended_at, e.at)
        )
    )
    UNION ALL
    SELECT issue_id, 'settlement', holds FROM settling WHERE counts
    UNION ALL
    SELECT issue_id, 'fixed', outcome = 'fixed' FROM settling WHERE counts AND holds AND outcome IS NOT NULL
    UNION ALL
    SELECT issue_id, 'void', is_void FROM settling
    UNION ALL
    SELECT issue_id, 'merged', is_merged FROM settling
    UNION ALL
    SELECT s.issue_id, 'paused', EXISTS (
        SELECT FROM issue_events e WHERE e.issue_id = s.issue_id AND e.action IN ('extend', 'defer')
    ) FROM settling s
    UNION ALL
    SELECT s.issue_id, 'refiled', EXISTS (
        SELECT FROM issues r
        WHERE r.building_id = s.building_id AND r.category = s.category AND r.id <> s.issue_id
          AND r.reported_at > s.ended_at AND r.reported_at <= s.ended_at + interval '7 days'
    ) FROM settling s WHERE s.ended_at IS NOT NULL
    UNION ALL
    SELECT i.id, unnest(ARRAY['satisfaction', 'by_desk']), unnest(ARRAY[i.rating >= 4, i.rated_by = 'desk'])
    FROM issues i
    WHERE i.rated_at >= CAST(:starts_at AS timestamptz) AND i.rated_at < CAST(:ends_at AS timestamptz)
      AND NOT EXISTS (
          SELECT FROM issue_events told JOIN issue_events done USING (issue_id)
          WHERE told.issue_id = i.id AND told.action = 'report' AND done.action = 'settle'
            AND told.account_id = done.account_id
      )
    UNION ALL
    SELECT s.issue_id, 'rated', i.rating IS NOT NULL
    FROM settling s JOIN issues i ON i.id = s.issue_id WHERE i.settled_at IS NOT NULL
), grouped AS (
    SELECT c.issue_id, c.figure, c.good, CASE CAST(:grouping AS text)
               WHEN 'area' THEN g.area_code
               WHEN 'tier' THEN i.tier
               WHEN 'organisation' THEN i.organisation
               WHEN 'company' THEN coalesce(nullif(i.property_company, ''), m.property_company, '')
               WHEN 'category' THEN i.category
               ELSE ''
           END AS group_key
    FROM cases c
    JOIN issues i ON i.id = c.issue_id
    JOIN grids g ON g.id = i.grid_id
    LEFT JOIN buildings b ON b.id = i.building_id
    LEFT JOIN compounds m ON m.id = coalesce(i.compound_id, b.compound_id)
    WHERE NOT 'closed_before_reported' = ANY (i.flags)
)
SELECT group_key, figure, count(*) FILTER (WHERE good) AS good, count(*) AS counted,
       (array_agg(issue_id ORDER BY issue_id) FILTER (WHERE issue_id > :after_id))[1:CAST(:at_most AS int)] AS ids
FROM grouped
WHERE (CAST(:figure AS text) IS NULL OR figure = :figure)
  AND (CAST(:group_key AS text) IS NULL OR group_key = :group_key)
GROUP BY group_key, figure
ORDER BY group_key, figure
