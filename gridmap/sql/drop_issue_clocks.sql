-- Takes back the clocks of the written issues that were there before: their steps are told otherwise now.
-- Parameters: none. Returns: nothing. Relies on: uq_issue_clocks_issue_id_clock_round_number.
DELETE FROM issue_clocks k USING written_issues w WHERE NOT w.is_new AND k.issue_id = w.id
