-- Writes the staged issues with grid and compound of their point, the flags of what maps must not trust, and the rule
-- their clocks run by; notes those written in written_issues, unless somebody has worked on them here: state, closing
-- and limit of such an issue are no longer the source's to change. An issue whose closing has no time gets no clocks.
-- Flags: no place; one of :least_rows or more, and of :least_share or more of its source, on exactly one point that no
-- building explains; outside every district; closed before reported.
-- Parameters: source, zone, closed_states, least_rows, least_share (0-1).
-- Returns: inserted, updated (rows that were equal are neither), others (issues of the source that are not staged).
-- Relies on: uq_issues_source_source_id, idx_areas_geom, uq_issue_events_issue_id_client_id; the lock of loads.
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
ready AS MATERIALIZED (
    SELECT known.id AS known_id, s.id AS source_id, s.category, s.channel, coalesce(kept.state, s.state) AS state, s.text,
           s.reported_at, CASE WHEN kept.id IS NULL THEN s.closed_at ELSE kept.closed_at END AS closed_at,
           CASE WHEN kept.clock_rule_id IS NOT NULL THEN kept.due_at
                WHEN s.due_at IS NOT NULL OR NOT s.has_clocks OR coalesce(own.working_days, general.working_days)
                THEN s.due_at
                ELSE s.reported_at + coalesce(own.settle_days, general.settle_days) * interval '24 hours' END AS due_at,
           s.found_id AS building_id, s.entrance_number, s.floor,
           CASE WHEN s.has_own_point THEN s.grid_id ELSE b.grid_id END AS grid_id,
           coalesce(b.compound_id, s.compound_id) AS compound_id, s.geom,
           CASE WHEN kept.id IS NOT NULL THEN kept.clock_rule_id
                WHEN s.has_clocks THEN coalesce(own.id, general.id) END AS clock_rule_id,
           array_remove(ARRAY[
               CASE WHEN s.geom IS NULL THEN 'no_coordinates' END,
               CASE WHEN s.found_id IS NULL AND s.geom IN (SELECT geom FROM crowded) THEN 'placeholder_point' END,
               CASE WHEN s.is_outside OR NOT s.has_own_point AND b.is_outside THEN 'outside_city' END,
               CASE WHEN CASE WHEN kept.id IS NULL THEN s.closed_at ELSE kept.closed_at END < s.reported_at
                    THEN 'closed_before_reported' END
           ], NULL) AS flags
    FROM dated s
    JOIN rules general ON general.category = '' AND s.day >= general.valid_from AND s.day < general.valid_before
    LEFT JOIN rules own ON own.category = s.category AND s.day >= own.valid_from AND s.day < own.valid_before
    LEFT JOIN at_buildings b ON b.id = s.found_id
    LEFT JOIN issues known ON known.source = :source AND known.source_id = s.id
    LEFT JOIN issues kept ON kept.id = known.id AND kept.id IN (SELECT id FROM worked_on)
),
-- Loads come one after the other, so nobody adds a row of the source between the two: no need to insert by ON CONFLICT,
-- which costs a quarter more.
fresh AS (
    INSERT INTO issues (source, source_id, category, channel, state, text, reported_at, closed_at, due_at,
                        building_id, entrance_number, floor, grid_id, compound_id, geom, clock_rule_id, flags)
    SELECT :source, source_id, category, channel, state, text, reported_at, closed_at, due_at,
           building_id, entrance_number, floor, grid_id, compound_id, geom, clock_rule_id, flags
    FROM ready WHERE known_id IS NULL
    RETURNING id, true AS is_new, state, reported_at, closed_at, clock_rule_id, due_at
),
changed AS (
    UPDATE issues i
    SET category = r.category, channel = r.channel, state = r.state, text = r.text, reported_at = r.reported_at,
        closed_at = r.closed_at, due_at = r.due_at, building_id = r.building_id, entrance_number = r.entrance_number,
        floor = r.floor, grid_id = r.grid_id, compound_id = r.compound_id, geom = r.geom,
        clock_rule_id = r.clock_rule_id, flags = r.flags
    FROM ready r
    WHERE i.id = r.known_id
      AND (i.category, i.channel, i.state, i.text, i.reported_at, i.closed_at, i.due_at, i.building_id,
           i.entrance_number, i.floor, i.grid_id, i.compound_id, i.geom, i.clock_rule_id, i.flags)
        IS DISTINCT FROM (r.category, r.channel, r.state, r.text, r.reported_at, r.closed_at, r.due_at, r.building_id,
           r.entrance_number, r.floor, r.grid_id, r.compound_id, r.geom, r.clock_rule_id, r.flags)
    RETURNING i.id, false AS is_new, i.state, i.reported_at, i.closed_at, i.clock_rule_id, i.due_at
),
written AS (
    SELECT * FROM fresh UNION ALL SELECT * FROM changed
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
