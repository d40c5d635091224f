-- The versions of some grids of a plan: while one stays, the division kept in memory holds.
-- Parameters: plan_id bigint; grid_ids bigint[].
-- Columns: grid_id, land (hash of what land and neighbours are made of), locked (codes), sequence (newest operation, or 0).
-- Relies on ix_buildings_grid_id, uq_entrances_building_id_number, ix_graph_edits_grid_id, ix_micro_grids_grid_id and
-- ix_plan_operations_plan_id_grid_id, and on layer_changes being short.
WITH layers AS (
    SELECT string_agg(mark::text, '' ORDER BY mark) AS marks
    FROM layer_changes
    WHERE layer IN ('areas', 'buildings', 'barriers', 'roads')
)
SELECT asked.grid_id,
       md5(concat_ws(
           '/',
           (SELECT marks FROM layers),
           (SELECT string_agg(e.id || ':' || e.xmin::text, ' ' ORDER BY e.id)
            FROM entrances e JOIN buildings b ON b.id = e.building_id WHERE b.grid_id = asked.grid_id),
           (SELECT string_agg(e.id || ':' || e.xmin::text, ' ' ORDER BY e.id)
            FROM graph_edits e WHERE e.grid_id = asked.grid_id)
       )) AS land,
       ARRAY(SELECT m.code FROM micro_grids m
             WHERE m.plan_id = :plan_id AND m.grid_id = asked.grid_id AND m.locked) AS locked,
       COALESCE((SELECT max(o.id) FROM plan_operations o
                 WHERE o.plan_id = :plan_id AND o.grid_id = asked.grid_id), 0) AS sequence
FROM unnest(CAST(:grid_ids AS bigint[])) AS asked (grid_id)
