-- Writes the steps the source knows of the written issues: the report, and the closing where it has a time, never before
-- the report. Steps written so by an earlier load that the source now tells otherwise are taken back.
-- Parameters: none. Returns: nothing. Relies on: uq_issue_events_issue_id_client_id.
WITH wanted AS MATERIALIZED (
    SELECT id AS issue_id, is_new, reported_at AS at, CAST(NULL AS text) AS from_state, 'reported' AS to_state
    FROM written_issues
    UNION ALL
    SELECT id, is_new, closed_at, 'reported', state FROM written_issues WHERE closed_at IS NOT NULL
),
gone AS (
    DELETE FROM issue_events e USING written_issues i
    WHERE NOT i.is_new AND e.issue_id = i.id AND NOT EXISTS (
        SELECT FROM wanted w WHERE (w.issue_id, w.at, w.to_state) = (e.issue_id, e.at, e.to_state)
    )
)
INSERT INTO issue_events (issue_id, at, from_state, to_state)
SELECT w.issue_id, w.at, w.from_state, w.to_state FROM wanted w
WHERE w.is_new OR NOT EXISTS (
    SELECT FROM issue_events e WHERE (e.issue_id, e.at, e.to_state) = (w.issue_id, w.at, w.to_state)
)
ORDER BY w.issue_id, w.from_state NULLS FIRST
