-- What two divisions of the same land hold differently, by building, entrance and floor as finely as either divides.
-- Parameters: before_ids bigint[], after_ids bigint[] (micro-grids of either side), before_plan_id bigint,
--          after_plan_id bigint (plans whose unassigned atoms count too; null = none), area_id bigint (where those
--          lie).
-- Columns: change (moved, gone = only before, new = only after), building_id, entrance_number, floor_from,
--          floor_to, households, before, after (codes, null = unassigned).
-- Relies on pk_micro_grids, ix_assignments_micro_grid_id and pk_assignments.
WITH before AS MATERIALIZED (
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, m.code
    FROM micro_grids m
    JOIN assignments s ON s.micro_grid_id = m.id
    WHERE m.id = ANY(CAST(:before_ids AS bigint[]))
    UNION ALL
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, NULL
    FROM assignments s
    JOIN buildings b ON b.id = s.building_id
    JOIN areas a ON a.id = b.grid_id AND a.lineage @> ARRAY[CAST(:area_id AS bigint)]
    WHERE s.plan_id = :before_plan_id AND s.micro_grid_id IS NULL
), after AS MATERIALIZED (
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, m.code
    FROM micro_grids m
    JOIN assignments s ON s.micro_grid_id = m.id
    WHERE m.id = ANY(CAST(:after_ids AS bigint[]))
    UNION ALL
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, NULL
    FROM assignments s
    JOIN buildings b ON b.id = s.building_id
    JOIN areas a ON a.id = b.grid_id AND a.lineage @> ARRAY[CAST(:area_id AS bigint)]
    WHERE s.plan_id = :after_plan_id AND s.micro_grid_id IS NULL
), pairs AS (
    SELECT o.building_id, coalesce(o.entrance_number, n.entrance_number) AS entrance_number,
           greatest(o.floor_from, n.floor_from) AS floor_from, least(o.floor_to, n.floor_to) AS floor_to,
           o.households AS households_before, n.households AS households_after,
           o.floor_to - o.floor_from + 1.0 AS floors_before, n.floor_to - n.floor_from + 1.0 AS floors_after,
           o.code AS before, n.code AS after
    FROM before o
    JOIN after n ON n.building_id = o.building_id
        AND coalesce(n.entrance_number = o.entrance_number, true)
        AND coalesce(n.floor_from <= o.floor_to AND o.floor_from <= n.floor_to, true)
    WHERE n.code IS DISTINCT FROM o.code
)
SELECT 'moved' AS change, building_id, entrance_number, floor_from, floor_to,
       -- Where one of the two names no floors it holds the other wholly.
       CAST(round(least(
           households_before * CASE WHEN floors_after IS NULL OR floors_before IS NULL THEN 1.0
                                    ELSE (floor_to - floor_from + 1) / floors_before END,
           households_after * CASE WHEN floors_after IS NULL OR floors_before IS NULL THEN 1.0
                                   ELSE (floor_to - floor_from + 1) / floors_after END
       )) AS int) AS households,
       before, after
FROM pairs
UNION ALL
SELECT 'gone', o.building_id, o.entrance_number, o.floor_from, o.floor_to, o.households, o.code, NULL
FROM before o
WHERE NOT EXISTS (SELECT FROM after n WHERE n.building_id = o.building_id)
UNION ALL
SELECT 'new', n.building_id, n.entrance_number, n.floor_from, n.floor_to, n.households, NULL, n.code
FROM after n
WHERE NOT EXISTS (SELECT FROM before o WHERE o.building_id = n.building_id)
ORDER BY building_id, entrance_number NULLS FIRST, floor_from NULLS FIRST, before, after
