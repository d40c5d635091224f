-- What becomes of postings to micro-grids when one division of some land follows another: where a code retires they
-- go on in the micro-grid that holds more than half of its households; where a code comes back, so do postings
-- that the division before left to be decided.
-- Parameters: before_ids bigint[], after_ids bigint[] (micro-grids of either side), after_codes
--          text[] (beside after_ids: their codes once published), on_date date (first day of the
--          new division).
-- Columns: posting_id (null = it ended earlier and comes back), staff_id, from_code, to_code (null = people decide),
--          outcome (carried, undecided, returned), households (of the retired micro-grid), households_shared (of
--          these, in the new one that holds most), starts_on, ends_on (of the posting as it was).
-- Relies on pk_micro_grids, ix_assignments_micro_grid_id and ix_postings_micro_grid_code.
WITH codes_before AS MATERIALIZED (
    SELECT id, plan_id, code FROM micro_grids WHERE id = ANY(CAST(:before_ids AS bigint[]))
), codes_after AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:after_ids AS bigint[]), CAST(:after_codes AS text[])) AS a (id, code)
), retired AS MATERIALIZED (
    SELECT b.id, b.code
    FROM codes_before b
    WHERE NOT EXISTS (SELECT FROM codes_after a WHERE a.code = b.code)
), ended AS MATERIALIZED (
    SELECT p.id, p.staff_id, p.micro_grid_code, p.starts_on, p.ends_on
    FROM retired r
    JOIN postings p ON p.micro_grid_code = r.code
    WHERE p.ends_on IS NULL OR p.ends_on >= :on_date
), before AS MATERIALIZED (
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, r.code
    FROM retired r
    JOIN assignments s ON s.micro_grid_id = r.id
    WHERE s.households > 0
      AND r.code IN (SELECT micro_grid_code FROM ended)
), after AS MATERIALIZED (
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, a.code
    FROM codes_after a
    JOIN assignments s ON s.micro_grid_id = a.id
    WHERE s.households > 0
), shared AS (
    -- Where one of the two names no floors it holds the other wholly.
    SELECT o.code, n.code AS successor,
           sum(least(
               o.households * CASE WHEN n.floor_to IS NULL OR o.floor_to IS NULL THEN 1.0
                   ELSE (least(o.floor_to, n.floor_to) - greatest(o.floor_from, n.floor_from) + 1.0)
                        / (o.floor_to - o.floor_from + 1) END,
               n.households * CASE WHEN n.floor_to IS NULL OR o.floor_to IS NULL THEN 1.0
                   ELSE (least(o.floor_to, n.floor_to) - greatest(o.floor_from, n.floor_from) + 1.0)
                        / (n.floor_to - n.floor_from + 1) END
           )) AS households
    FROM before o
    JOIN after n ON n.building_id = o.building_id
        AND coalesce(n.entrance_number = o.entrance_number, true)
        AND coalesce(n.floor_from <= o.floor_to AND o.floor_from <= n.floor_to, true)
    GROUP BY o.code, n.code
), most AS (
    SELECT DISTINCT ON (code) code, successor, households
    FROM shared
    ORDER BY code, households DESC, successor
), held AS (
    SELECT code, sum(households) AS households FROM before GROUP BY code
)
SELECT e.id AS posting_id, e.staff_id, e.micro_grid_code AS from_code,
       CASE WHEN m.households * 2 > h.households THEN m.successor END AS to_code,
       CASE WHEN m.households * 2 > h.households THEN 'carried' ELSE 'undecided' END AS outcome,
       CAST(coalesce(h.households, 0) AS int) AS households,
       CAST(coalesce(round(m.households), 0) AS int) AS households_shared, e.starts_on, e.ends_on
FROM ended e
LEFT JOIN held h ON h.code = e.micro_grid_code
LEFT JOIN most m ON m.code = e.micro_grid_code
UNION ALL
SELECT NULL, c.staff_id, c.from_code, c.from_code, 'returned', c.households, c.households, c.starts_on, c.ends_on
FROM handoff_carries c
WHERE c.outcome = 'undecided'
  AND c.plan_id IN (SELECT plan_id FROM codes_before)
  AND c.from_code IN (SELECT code FROM codes_after)
  AND c.from_code NOT IN (SELECT code FROM codes_before)
  AND (c.ends_on IS NULL OR c.ends_on >= :on_date)
ORDER BY staff_id, from_code, starts_on
