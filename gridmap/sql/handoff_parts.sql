-- Which parts of buildings each post gains and loses when one division of some land follows another: by entrance
-- and floor as finely as either divides. A part that the post answers for on both sides is neither.
-- Parameters: before_ids bigint[], after_ids bigint[] (micro-grids of either side), after_codes
--          text[] (beside after_ids: their codes once published), after_plan_id bigint (whose
--          unassigned atoms count too; null = none), on_date date (of the postings), carried_staff bigint[],
--          carried_codes text[] (side by side: posts that go on, and the micro-grids of the new division where).
-- Columns: direction (gained, lost), change (moved, stayed = under its code, gone = only before, new = only after),
--          staff_id, building_id, entrance_number, floor_from, floor_to, households, is_estimate, before, after
--          (codes, null = none).
-- Relies on pk_micro_grids, ix_assignments_micro_grid_id and ix_postings_micro_grid_code.
WITH codes_before AS MATERIALIZED (
    SELECT id, code FROM micro_grids WHERE id = ANY(CAST(:before_ids AS bigint[]))
), codes_after AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:after_ids AS bigint[]), CAST(:after_codes AS text[])) AS a (id, code)
), carried AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:carried_staff AS bigint[]), CAST(:carried_codes AS text[])) AS c (staff_id, code)
), people_before AS MATERIALIZED (
    SELECT DISTINCT b.code, p.staff_id
    FROM codes_before b
    JOIN postings p ON p.micro_grid_code = b.code
    WHERE p.starts_on <= :on_date AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
), people_after AS MATERIALIZED (
    SELECT a.code, p.staff_id
    FROM codes_after a
    JOIN postings p ON p.micro_grid_code = a.code
    WHERE p.starts_on <= :on_date AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
    UNION
    SELECT code, staff_id FROM carried
), before AS MATERIALIZED (
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, s.households_estimated, b.code
    FROM codes_before b
    JOIN assignments s ON s.micro_grid_id = b.id
), after AS MATERIALIZED (
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, s.households_estimated, a.code
    FROM codes_after a
    JOIN assignments s ON s.micro_grid_id = a.id
    UNION ALL
    SELECT building_id, entrance_number, floor_from, floor_to, households, households_estimated, NULL
    FROM assignments
    WHERE plan_id = :after_plan_id AND micro_grid_id IS NULL
), pairs AS (
    SELECT o.building_id, coalesce(o.entrance_number, n.entrance_number) AS entrance_number,
           greatest(o.floor_from, n.floor_from) AS floor_from, least(o.floor_to, n.floor_to) AS floor_to,
           o.households AS households_before, n.households AS households_after,
           o.floor_to - o.floor_from + 1.0 AS floors_before, n.floor_to - n.floor_from + 1.0 AS floors_after,
           o.households_estimated OR n.households_estimated AS is_estimate, o.code AS before, n.code AS after
    FROM before o
    JOIN after n ON n.building_id = o.building_id
        AND coalesce(n.entrance_number = o.entrance_number, true)
        AND coalesce(n.floor_from <= o.floor_to AND o.floor_from <= n.floor_to, true)
    WHERE n.code IS DISTINCT FROM o.code OR n.code IN (SELECT code FROM carried)
), parts AS MATERIALIZED (
    SELECT CASE WHEN before = after THEN 'stayed' ELSE 'moved' END AS change,
           building_id, entrance_number, floor_from, floor_to,
           -- Where one of the two names no floors it holds the other wholly.
           CAST(round(least(
               households_before * CASE WHEN floors_after IS NULL OR floors_before IS NULL THEN 1.0
                                        ELSE (floor_to - floor_from + 1) / floors_before END,
               households_after * CASE WHEN floors_after IS NULL OR floors_before IS NULL THEN 1.0
                                       ELSE (floor_to - floor_from + 1) / floors_after END
           )) AS int) AS households,
           is_estimate, before, after
    FROM pairs
    UNION ALL
    SELECT 'gone', o.building_id, o.entrance_number, o.floor_from, o.floor_to, o.households,
           o.households_estimated, o.code, NULL
    FROM before o
    WHERE NOT EXISTS (
        SELECT FROM after n
        WHERE n.building_id = o.building_id
          AND coalesce(n.entrance_number = o.entrance_number, true)
          AND coalesce(n.floor_from <= o.floor_to AND o.floor_from <= n.floor_to, true)
    )
    UNION ALL
    SELECT 'new', n.building_id, n.entrance_number, n.floor_from, n.floor_to, n.households,
           n.households_estimated, NULL, n.code
    FROM after n
    WHERE n.code IS NOT NULL AND NOT EXISTS (
        SELECT FROM before o
        WHERE o.building_id = n.building_id
          AND coalesce(n.entrance_number = o.entrance_number, true)
          AND coalesce(n.floor_from <= o.floor_to AND o.floor_from <= n.floor_to, true)
    )
)
SELECT 'lost' AS direction, t.change, p.staff_id, t.building_id, t.entrance_number, t.floor_from, t.floor_to,
       t.households, t.is_estimate, t.before, t.after
FROM parts t
JOIN people_before p ON p.code = t.before
WHERE NOT EXISTS (SELECT FROM people_after a WHERE a.code = t.after AND a.staff_id = p.staff_id)
UNION ALL
SELECT 'gained', t.change, p.staff_id, t.building_id, t.entrance_number, t.floor_from, t.floor_to,
       t.households, t.is_estimate, t.before, t.after
FROM parts t
JOIN people_after p ON p.code = t.after
WHERE NOT EXISTS (SELECT FROM people_before b WHERE b.code = t.before AND b.staff_id = p.staff_id)
ORDER BY staff_id, direction, building_id, entrance_number NULLS FIRST, floor_from NULLS FIRST
