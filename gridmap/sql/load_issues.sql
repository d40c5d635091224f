-- Writes the staged issues with grid and compound of their point, the flags of what maps must not trust, and the rule
-- their clocks run by; notes those written in written_issues, unless somebody has worked on them here: state, closing
-- and limit of such an issue are no longer the source's to change. An issue whose closing has no time gets no clocks.
-- Flags: no place; one of :least_rows or more, and of :least_share or more of its source, on exactly one point that no
-- building explains; outside every district; closed before reported.
-- Parameters: source, zone, closed_states, least_rows, least_share (0-1).
-- Returns: inserted, updated (rows that were equal are neither), others (issues of the source that are not staged).
-- Relies on: uq_issues_source_source_id, idx_areas_geom, uq_issue_events_issue_id_client_id.
WITH worked_on AS MATERIALIZED (
    SELECT DISTINCT i.id
    FROM staged_issues s
    JOIN issues i ON i.source = :source AND i.source_id = s.id
    JOIN issue_events e ON e.issue_id = i.id AND num_nonnulls(e.account_id, e.staff_id, e.action) > 0
),
here AS MATERIALIZED (
    SELECT geom, count(*) AS rows FROM staged_issues WHERE found_id IS NULL AND geom IS NOT NULL GROUP BY geom
),
others AS MATERIALIZED (
    SELECT (SELECT count(*) FROM issues WHERE source = :source) - (
        SELECT count(*) FROM staged_issues s JOIN issues i ON i.source = :source AND i.source_id = s.id
    ) AS rows
),
there AS MATERIALIZED (
    SELECT i.geom, count(*) AS rows FROM here JOIN issues i USING (geom)
    WHERE i.source = :source AND i.building_id IS NULL
      AND NOT EXISTS (SELECT FROM staged_issues s WHERE s.id = i.source_id)
    GROUP BY i.geom
),
crowded AS MATERIALIZED (
    SELECT here.geom FROM here LEFT JOIN there USING (geom)
    WHERE here.rows + coalesce(there.rows, 0) >= :least_rows
      AND here.rows + coalesce(there.rows, 0)
          >= :least_share * ((SELECT count(*) FROM staged_issues) + (SELECT rows FROM others))
),
-- The others have been placed when they were read: see services/issue_grounds.
at_buildings AS MATERIALIZED (
    SELECT b.id, b.compound_id, (
        SELECT a.id FROM areas a
        WHERE a.level = 'grid' AND ST_Covers(a.geom, b.point) ORDER BY a.code LIMIT 1
    ) AS grid_id,
    EXISTS (SELECT FROM areas WHERE level = 'district') AND NOT EXISTS (
        SELECT FROM areas a WHERE a.level = 'district' AND ST_Covers(a.geom, b.point)
    ) AS is_outside
    FROM buildings b WHERE b.id IN (SELECT found_id FROM staged_issues WHERE found_id IS NOT NULL)
),
rules AS MATERIALIZED (
    SELECT id, category, valid_from, settle_days, working_days,
           lead(valid_from, 1, CAST('infinity' AS date)) OVER (PARTITION BY category ORDER BY valid_from) AS valid_before
    FROM clock_rules
),
dated AS NOT MATERIALIZED (
    SELECT s.*, CAST(s.reported_at AT TIME ZONE :zone AS date) AS day,
           s.closed_at IS NOT NULL OR s.state <> ALL (:closed_states) AS has_clocks,
           s.geom IS NOT NULL AND (s.found_id IS NULL OR NOT s.is_from_building) AS has_own_point
    FROM staged_issues s
),
written AS (
    INSERT INTO issues (source, source_id, category, channel, state, text, reported_at, closed_at, due_at,
                        building_id, entrance_number, floor, grid_id, compound_id, geom, clock_rule_id, flags)
    SELECT :source, s.id, s.category, s.channel, coalesce(kept.state, s.state), s.text, s.reported_at,
           CASE WHEN kept.id IS NULL THEN s.closed_at ELSE kept.closed_at END,
           CASE WHEN kept.clock_rule_id IS NOT NULL THEN kept.due_at
                WHEN s.due_at IS NOT NULL OR NOT s.has_clocks OR coalesce(own.working_days, general.working_days)
                THEN s.due_at
                ELSE s.reported_at + coalesce(own.settle_days, general.settle_days) * interval '24 hours' END,
           s.found_id, s.entrance_number, s.floor, CASE WHEN s.has_own_point THEN s.grid_id ELSE b.grid_id END,
           coalesce(b.compound_id, s.compound_id), s.geom,
           CASE WHEN kept.id IS NOT NULL THEN kept.clock_rule_id
                WHEN s.has_clocks THEN coalesce(own.id, general.id) END,
           array_remove(ARRAY[
               CASE WHEN s.geom IS NULL THEN 'no_coordinates' END,
               CASE WHEN s.found_id IS NULL AND s.geom IN (SELECT geom FROM crowded) THEN 'placeholder_point' END,
               CASE WHEN s.is_outside OR NOT s.has_own_point AND b.is_outside THEN 'outside_city' END,
               CASE WHEN CASE WHEN kept.id IS NULL THEN s.closed_at ELSE kept.closed_at END < s.reported_at
                    THEN 'closed_before_reported' END
           ], NULL)
    FROM dated s
    JOIN rules general ON general.category = '' AND s.day >= general.valid_from AND s.day < general.valid_before
    LEFT JOIN rules own ON own.category = s.category AND s.day >= own.valid_from AND s.day < own.valid_before
    LEFT JOIN at_buildings b ON b.id = s.found_id
    LEFT JOIN issues kept ON kept.source = :source AND kept.source_id = s.id AND kept.id IN (SELECT id FROM worked_on)
    ON CONFLICT (source, source_id) DO UPDATE
    SET category = excluded.category, channel = excluded.channel, state = excluded.state, text = excluded.text,
        reported_at = excluded.reported_at, closed_at = excluded.closed_at, due_at = excluded.due_at,
        building_id = excluded.building_id, entrance_number = excluded.entrance_number, floor = excluded.floor,
        grid_id = excluded.grid_id, compound_id = excluded.compound_id, geom = excluded.geom,
        clock_rule_id = excluded.clock_rule_id, flags = excluded.flags
    WHERE (issues.category, issues.channel, issues.state, issues.text, issues.reported_at, issues.closed_at,
           issues.due_at, issues.building_id, issues.entrance_number, issues.floor, issues.grid_id, issues.compound_id,
           issues.geom, issues.clock_rule_id, issues.flags)
        IS DISTINCT FROM (excluded.category, excluded.channel, excluded.state, excluded.text, excluded.reported_at,
           excluded.closed_at, excluded.due_at, excluded.building_id, excluded.entrance_number, excluded.floor,
           excluded.grid_id, excluded.compound_id, excluded.geom, excluded.clock_rule_id, excluded.flags)
    RETURNING id, xmax = 0 AS is_new, state, reported_at, closed_at, clock_rule_id, due_at
),
noted AS (
    INSERT INTO written_issues (id, is_new, state, reported_at, closed_at, clock_rule_id, has_limit)
    SELECT id, is_new, state, reported_at,
           CASE WHEN state = ANY (:closed_states) AND closed_at IS NOT NULL THEN greatest(closed_at, reported_at) END,
           clock_rule_id, due_at IS NOT NULL
    FROM written WHERE id NOT IN (SELECT id FROM worked_on)
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated,
       (SELECT rows FROM others) AS others
FROM written
