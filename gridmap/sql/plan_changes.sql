-- What publishing a plan would change against what everybody sees in its area.
-- Parameters: plan_id bigint, area_id bigint (the plan's area).
-- Columns: micro_grids_new, micro_grids_kept (same code), micro_grids_retired, households_moved (households
--          that everybody sees in one micro-grid and the plan holds in another, or unassigned; compared by
--          entrance and floor where buildings are divided differently), households_before (of all that
--          everybody sees).
-- Relies on ix_areas_lineage (GIN), ix_micro_grids_grid_id, ix_assignments_micro_grid_id and
-- ix_assignments_building_id_plan_id.
WITH seen AS (
    SELECT m.id, m.code
    FROM areas a
    JOIN micro_grids m ON m.grid_id = a.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)] AND a.level = 'grid'
), planned AS (
    SELECT id, code FROM micro_grids WHERE plan_id = :plan_id
), seen_atoms AS MATERIALIZED (
    SELECT s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households, seen.code
    FROM seen
    JOIN assignments s ON s.micro_grid_id = seen.id
    WHERE s.households > 0
), pairs AS (
    SELECT o.code AS before, p.code AS after, o.households AS households_before,
           n.households AS households_after,
           o.floor_to - o.floor_from + 1.0 AS floors_before, n.floor_to - n.floor_from + 1.0 AS floors_after,
           least(o.floor_to, n.floor_to) - greatest(o.floor_from, n.floor_from) + 1.0 AS floors_common
    FROM seen_atoms o
    JOIN assignments n ON n.building_id = o.building_id AND n.plan_id = :plan_id
        AND coalesce(n.entrance_number = o.entrance_number, true)
        AND coalesce(n.floor_from <= o.floor_to AND o.floor_from <= n.floor_to, true)
    LEFT JOIN planned p ON p.id = n.micro_grid_id
), moved AS (
    -- Where one of the two names no floors it holds the other wholly.
    SELECT sum(least(
               households_before * CASE WHEN floors_after IS NULL THEN 1.0
                                        ELSE coalesce(floors_common / floors_before, 1.0) END,
               households_after * CASE WHEN floors_before IS NULL THEN 1.0
                                       ELSE coalesce(floors_common / floors_after, 1.0) END
           )) AS households
    FROM pairs
    WHERE after IS DISTINCT FROM before
)
SELECT (SELECT count(*) FROM planned WHERE code NOT IN (SELECT code FROM seen)) AS micro_grids_new,
       (SELECT count(*) FROM planned WHERE code IN (SELECT code FROM seen)) AS micro_grids_kept,
       (SELECT count(*) FROM seen WHERE code NOT IN (SELECT code FROM planned)) AS micro_grids_retired,
       (SELECT CAST(coalesce(round(households), 0) AS bigint) FROM moved) AS households_moved,
       (SELECT coalesce(sum(households), 0) FROM seen_atoms) AS households_before
