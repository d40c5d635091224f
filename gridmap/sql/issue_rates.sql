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
-- Every issue is one wide row, a column for each figure (NULL = no case of it), and is joined and grouped once.
-- Relies on ix_areas_lineage, ix_issue_clocks_due_at_first, ix_issues_rated_at, ix_issue_events_acts,
-- ix_issue_events_pauses, ix_issues_building_id.
WITH grids AS MATERIALIZED (
    SELECT g.id, coalesce(below.code, g.code) AS area_code
    FROM areas g
    LEFT JOIN areas below
        ON below.id = g.lineage[array_position(g.lineage, CAST(:area_id AS bigint)) + 1]
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)]
), due AS MATERIALIZED (
    SELECT k.issue_id,
           min(k.ended_at) FILTER (WHERE k.clock = 'accept') AS accepted_at,
           bool_or(k.ended_how = 'met' AND k.ended_at <= k.due_at) FILTER (WHERE k.clock = 'accept') AS is_accepted,
           bool_or(NOT (k.ended_how = 'left' AND k.ended_at <= k.due_at)) FILTER (WHERE k.clock = 'accept')
               AS accept_counts,
           min(k.ended_at) FILTER (WHERE k.clock = 'settle') AS ended_at,
           bool_or(k.ended_how = 'met' AND k.ended_at <= k.due_at) FILTER (WHERE k.clock = 'settle') AS is_settled,
           bool_or(NOT (k.ended_how = 'left' AND k.ended_at <= k.due_at)) FILTER (WHERE k.clock = 'settle')
               AS settle_counts
    FROM issue_clocks k
    WHERE k.clock IN ('accept', 'settle')
      AND k.due_at >= CAST(:starts_at AS timestamptz)
      AND k.due_at < CAST(:ends_at AS timestamptz)
      AND k.round_number = 1
    GROUP BY k.issue_id
), here AS NOT MATERIALIZED (
    SELECT i.id, i.state, i.outcome, i.parent_id, i.building_id, i.category, i.settled_at, i.rating, i.rated_at,
           i.rated_by,
           CASE CAST(:grouping AS text)
               WHEN 'area' THEN g.area_code
               WHEN 'tier' THEN i.tier
               WHEN 'organisation' THEN i.organisation
               WHEN 'company' THEN coalesce(nullif(i.property_company, ''), m.property_company, '')
               WHEN 'category' THEN i.category
               ELSE ''
           END AS group_key
    FROM issues i
    JOIN grids g ON g.id = i.grid_id
    LEFT JOIN buildings b ON b.id = i.building_id
    LEFT JOIN compounds m ON m.id = coalesce(i.compound_id, b.compound_id)
    WHERE NOT 'closed_before_reported' = ANY (i.flags)
), lived AS NOT MATERIALIZED (
    SELECT i.id, i.group_key, d.ended_at, d.settle_counts AS counts, d.settle_counts IS NOT NULL AS is_settling,
           i.settled_at, i.rating, i.state = 'merged' AS is_merged,
           coalesce(
               CASE WHEN i.state = 'merged' THEN (SELECT p.outcome FROM issues p WHERE p.id = i.parent_id) END,
               i.outcome
           ) AS outcome,
           coalesce(
               CASE WHEN i.state = 'merged' THEN (SELECT p.state FROM issues p WHERE p.id = i.parent_id) END,
               i.state
           ) = 'void' AS is_void,
           CASE WHEN d.accept_counts AND (
               d.accepted_at IS NULL AND i.state = 'reported'
               OR EXISTS (
                   SELECT FROM issue_events e
                   WHERE e.issue_id = d.issue_id AND e.action <> ALL (ARRAY['report', 'escalate', 'archive'])
                     AND e.at <= coalesce(d.accepted_at, 'infinity')
               )
           ) THEN d.is_accepted END AS response,
           CASE WHEN d.settle_counts THEN d.is_settled AND NOT EXISTS (
               SELECT FROM issue_clocks again
               WHERE again.issue_id = d.issue_id AND again.clock = 'settle' AND again.round_number = 2
                 AND again.starts_at <= d.ended_at + interval '7 days'
           ) END AS settlement,
           EXISTS (
               SELECT FROM issue_events e WHERE e.issue_id = d.issue_id AND e.action IN ('extend', 'defer')
           ) AS is_paused,
           EXISTS (
               SELECT FROM issues r
               WHERE r.building_id = i.building_id AND r.category = i.category AND r.id <> i.id
                 AND r.reported_at > d.ended_at AND r.reported_at <= d.ended_at + interval '7 days'
           ) AS is_refiled
    FROM due d
    JOIN here i ON i.id = d.issue_id
    OFFSET 0
), cases (issue_id, group_key, response, settlement, fixed, void, merged, paused, refiled, rated, satisfaction,
          by_desk) AS NOT MATERIALIZED (
    SELECT l.id, l.group_key, l.response, l.settlement,
           CASE WHEN l.settlement AND l.outcome IS NOT NULL THEN l.outcome = 'fixed' END,
           CASE WHEN l.is_settling THEN l.is_void END,
           CASE WHEN l.is_settling THEN l.is_merged END,
           CASE WHEN l.is_settling THEN l.is_paused END,
           CASE WHEN l.ended_at IS NOT NULL THEN l.is_refiled END,
           CASE WHEN l.is_settling AND l.settled_at IS NOT NULL THEN l.rating IS NOT NULL END,
           CAST(NULL AS boolean), CAST(NULL AS boolean)
    FROM lived l
    UNION ALL
    SELECT i.id, i.group_key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, i.rating >= 4, i.rated_by = 'desk'
    FROM here i
    WHERE i.rated_at >= CAST(:starts_at AS timestamptz) AND i.rated_at < CAST(:ends_at AS timestamptz)
      AND NOT EXISTS (
          SELECT FROM issue_events told JOIN issue_events done USING (issue_id)
          WHERE told.issue_id = i.id AND told.action = 'report' AND done.action = 'settle'
            AND told.account_id = done.account_id
      )
), chosen AS NOT MATERIALIZED (
    SELECT c.*, CASE CAST(:figure AS text)
               WHEN 'response' THEN response
               WHEN 'settlement' THEN settlement
               WHEN 'fixed' THEN fixed
               WHEN 'void' THEN void
               WHEN 'merged' THEN merged
               WHEN 'paused' THEN paused
               WHEN 'refiled' THEN refiled
               WHEN 'rated' THEN rated
               WHEN 'satisfaction' THEN satisfaction
               WHEN 'by_desk' THEN by_desk
           END IS NOT NULL AND issue_id > :after_id AS is_listed
    FROM cases c
    WHERE CAST(:group_key AS text) IS NULL OR group_key = :group_key
), grouped AS (
    SELECT group_key,
           count(response) AS n_response, count(*) FILTER (WHERE response) AS response,
           count(settlement) AS n_settlement, count(*) FILTER (WHERE settlement) AS settlement,
           count(fixed) AS n_fixed, count(*) FILTER (WHERE fixed) AS fixed,
           count(void) AS n_void, count(*) FILTER (WHERE void) AS void,
           count(merged) AS n_merged, count(*) FILTER (WHERE merged) AS merged,
           count(paused) AS n_paused, count(*) FILTER (WHERE paused) AS paused,
           count(refiled) AS n_refiled, count(*) FILTER (WHERE refiled) AS refiled,
           count(rated) AS n_rated, count(*) FILTER (WHERE rated) AS rated,
           count(satisfaction) AS n_satisfaction, count(*) FILTER (WHERE satisfaction) AS satisfaction,
           count(by_desk) AS n_by_desk, count(*) FILTER (WHERE by_desk) AS by_desk,
           array_agg(issue_id) FILTER (WHERE is_listed) AS ids
    FROM chosen
    GROUP BY group_key
)
SELECT g.group_key, f.figure, f.good, f.counted,
       ARRAY(SELECT id FROM unnest(g.ids) id ORDER BY id LIMIT CAST(:at_most AS int)) AS ids
FROM grouped g, LATERAL (VALUES
    ('response', g.response, g.n_response), ('settlement', g.settlement, g.n_settlement),
    ('fixed', g.fixed, g.n_fixed), ('void', g.void, g.n_void), ('merged', g.merged, g.n_merged),
    ('paused', g.paused, g.n_paused), ('refiled', g.refiled, g.n_refiled), ('rated', g.rated, g.n_rated),
    ('satisfaction', g.satisfaction, g.n_satisfaction), ('by_desk', g.by_desk, g.n_by_desk)
) f(figure, good, counted)
WHERE f.counted > 0 AND (CAST(:figure AS text) IS NULL OR f.figure = :figure)
ORDER BY g.group_key, f.figure
