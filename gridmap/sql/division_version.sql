-- The version of what a grid's land and neighbours are made of: while it stays, a division kept in memory holds.
-- Parameters: grid_id bigint.
-- Columns: version (hash).
-- Relies on ix_buildings_grid_id, ix_entrances_building_id and ix_graph_edits_grid_id, and on layer_changes being short.
SELECT md5(concat_ws(
    '/',
    (SELECT string_agg(mark::text, '' ORDER BY mark) FROM layer_changes
     WHERE layer IN ('areas', 'buildings', 'barriers', 'roads')),
    (SELECT string_agg(e.id || ':' || e.xmin::text, ' ' ORDER BY e.id)
     FROM entrances e JOIN buildings b ON b.id = e.building_id WHERE b.grid_id = :grid_id),
    (SELECT string_agg(e.id || ':' || e.xmin::text, ' ' ORDER BY e.id)
     FROM graph_edits e WHERE e.grid_id = :grid_id)
)) AS version
