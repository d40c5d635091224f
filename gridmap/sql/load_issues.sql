-- Writes the staged issues with the grid of their point. State, closing and limit of an issue that somebody has
-- worked on here are no longer the source's to change.
-- Parameters: source. Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_issues_source_source_id, idx_areas_geom, ix_issue_events_issue_id.
WITH worked_on AS MATERIALIZED (
    SELECT DISTINCT i.id
    FROM staged_issues s
    JOIN issues i ON i.source = :source AND i.source_id = s.id
    JOIN issue_events e ON e.issue_id = i.id AND num_nonnulls(e.account_id, e.staff_id, e.action) > 0
),
-- Many issues share a point, and neighbours in this order mostly a grid, whose shape is then prepared once.
placed AS MATERIALIZED (
    SELECT p.geom, (
        SELECT a.id FROM areas a WHERE a.level = 'grid' AND ST_Covers(a.geom, p.geom) ORDER BY a.code LIMIT 1
    ) AS grid_id
    FROM (SELECT DISTINCT geom FROM staged_issues WHERE geom IS NOT NULL ORDER BY geom) p
),
written AS (
    INSERT INTO issues (source, source_id, category, channel, state, text, reported_at, closed_at, due_at,
                        building_id, entrance_number, floor, grid_id, geom)
    SELECT :source, s.id, s.category, s.channel, coalesce(kept.state, s.state), s.text, s.reported_at,
           CASE WHEN kept.id IS NULL THEN s.closed_at ELSE kept.closed_at END,
           CASE WHEN kept.clock_rule_id IS NULL THEN s.due_at ELSE kept.due_at END,
           s.found_id, s.entrance_number, s.floor, placed.grid_id, s.geom
    FROM staged_issues s
    LEFT JOIN placed ON placed.geom = s.geom
    LEFT JOIN issues kept ON kept.source = :source AND kept.source_id = s.id AND kept.id IN (SELECT id FROM worked_on)
    ON CONFLICT (source, source_id) DO UPDATE
    SET category = excluded.category, channel = excluded.channel, state = excluded.state, text = excluded.text,
        reported_at = excluded.reported_at, closed_at = excluded.closed_at, due_at = excluded.due_at,
        building_id = excluded.building_id, entrance_number = excluded.entrance_number, floor = excluded.floor,
        grid_id = excluded.grid_id, geom = excluded.geom
    WHERE (issues.category, issues.channel, issues.state, issues.text, issues.reported_at, issues.closed_at,
           issues.due_at, issues.building_id, issues.entrance_number, issues.floor, issues.grid_id, issues.geom)
        IS DISTINCT FROM (excluded.category, excluded.channel, excluded.state, excluded.text, excluded.reported_at,
           excluded.closed_at, excluded.due_at, excluded.building_id, excluded.entrance_number, excluded.floor,
           excluded.grid_id, excluded.geom)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
