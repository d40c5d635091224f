-- Writes the clocks of the written issues: what gridmap.handling.clocks reckons from their report and their closing.
-- Parameters: met text[] ('<state> <clock>': the state stops the clock), left_states text[] (those in which clocks end
--             without what they waited for), escalating text[] (clocks that go up a tier), zone text, and for rules by
--             working days: days date[] (in their order, from the first report on without a gap), working bool[].
-- Returns: nothing. Relies on: one pass over the written issues; days of 24 hours in the zone.
WITH limits AS MATERIALIZED (
    SELECT r.id AS rule_id, r.working_days, c.clock, c.days
    FROM clock_rules r,
         LATERAL (VALUES ('accept', r.accept_days), ('settle', r.settle_days), ('report', r.report_days)) c (clock, days)
),
calendar AS MATERIALIZED (
    SELECT day, is_working, sum(CAST(is_working AS int)) OVER (ORDER BY day) AS worked
    FROM unnest(CAST(:days AS date[]), CAST(:working AS bool[])) c (day, is_working)
),
working AS (
    SELECT i.id, l.clock, i.reported_at, i.closed_at, i.state,
           (c.worked - CAST(c.is_working AS int) + l.days) * interval '24 hours'
           + CASE WHEN c.is_working THEN i.reported_at AT TIME ZONE :zone - c.day ELSE interval '0' END AS worked_until
    FROM written_issues i
    JOIN limits l ON l.rule_id = i.clock_rule_id AND l.working_days
    JOIN calendar c ON c.day = CAST(i.reported_at AT TIME ZONE :zone AS date)
),
due AS (
    SELECT i.id, l.clock, i.reported_at, i.closed_at, i.state, i.reported_at + l.days * interval '24 hours' AS due_at
    FROM written_issues i JOIN limits l ON l.rule_id = i.clock_rule_id AND NOT l.working_days
    UNION ALL
    SELECT w.id, w.clock, w.reported_at, w.closed_at, w.state,
           (last.day + (w.worked_until - (last.worked - 1) * interval '24 hours')) AT TIME ZONE :zone
    FROM working w
    JOIN calendar last
        ON last.is_working AND last.worked = CAST(ceil(extract(epoch FROM w.worked_until) / 86400) AS bigint)
),
ended AS (
    SELECT d.*, CASE WHEN d.closed_at IS NULL THEN ''
                     WHEN d.state = ANY (:left_states) THEN 'left'
                     WHEN d.state || ' ' || d.clock = ANY (:met) THEN 'met'
                     ELSE '' END AS how
    FROM due d
)
INSERT INTO issue_clocks (issue_id, clock, round_number, starts_at, due_at, ended_at, ended_how, escalates_at)
SELECT id, clock, 1, reported_at, due_at, CASE WHEN how <> '' THEN closed_at END, how,
       CASE WHEN how = '' AND clock = ANY (:escalating) THEN due_at END
FROM ended
