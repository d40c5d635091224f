-- Writes the steps the source knows of the staged issues: the report, and the closing where it has a time. Steps
-- written so by an earlier load that the source now tells otherwise are taken back.
-- Parameters: source, closed_states. Returns: nothing. Relies on: uq_issues_source_source_id, ix_issue_events_issue_id.
WITH loaded AS MATERIALIZED (
    SELECT i.id, i.reported_at, i.closed_at, i.state
    FROM staged_issues s JOIN issues i ON i.source = :source AND i.source_id = s.id
    WHERE NOT EXISTS (
        SELECT FROM issue_events e WHERE e.issue_id = i.id AND num_nonnulls(e.account_id, e.staff_id, e.action) > 0
    )
),
wanted AS MATERIALIZED (
    SELECT id AS issue_id, reported_at AS at, NULL AS from_state, 'reported' AS to_state FROM loaded
    UNION ALL
    SELECT id, closed_at, 'reported', state FROM loaded
    WHERE closed_at IS NOT NULL AND state = ANY (:closed_states)
),
gone AS (
    DELETE FROM issue_events e USING loaded
    WHERE e.issue_id = loaded.id AND NOT EXISTS (
        SELECT FROM wanted w WHERE (w.issue_id, w.at, w.to_state) = (e.issue_id, e.at, e.to_state)
    )
)
INSERT INTO issue_events (issue_id, at, from_state, to_state)
SELECT w.issue_id, w.at, w.from_state, w.to_state FROM wanted w
WHERE NOT EXISTS (
    SELECT FROM issue_events e WHERE (e.issue_id, e.at, e.to_state) = (w.issue_id, w.at, w.to_state)
)
ORDER BY w.issue_id, w.at
