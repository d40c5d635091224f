-- Gives the written issues without a limit that of their settle clock, which goes by working days.
-- Parameters: none. Returns: nothing. Relies on: uq_issue_clocks_issue_id_clock_round_number.
UPDATE issues i SET due_at = k.due_at
FROM written_issues w JOIN issue_clocks k ON k.issue_id = w.id AND k.clock = 'settle' AND k.round_number = 1
WHERE i.id = w.id AND NOT w.has_limit
