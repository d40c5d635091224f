-- How far a notice is in each area right below its own (in a grid: in each micro-grid).
-- Parameters: notice_id bigint; depth int (how many areas stand in the lineage of the area whose parts are told);
--             area_ids bigint[] (only homes in these; null = all).
-- Columns: code, name, name_en, level, micro_grids, without_receiver (micro-grids), receivers, acknowledged (posts),
--          households, households_estimated, households_reached.
-- Relies on uq_notice_parts_part, pk_notice_receivers.
WITH parts AS MATERIALIZED (
    SELECT p.micro_grid_code, p.households, p.households_estimated, p.reached_at,
           g.lineage[CAST(:depth AS int) + 1] AS below
    FROM notice_parts p
    JOIN buildings b ON b.id = p.building_id
    LEFT JOIN areas g ON g.id = b.grid_id
    WHERE p.notice_id = :notice_id
      AND (CAST(:area_ids AS bigint[]) IS NULL OR g.lineage && CAST(:area_ids AS bigint[]))
), held AS (
    SELECT DISTINCT below, micro_grid_code FROM parts WHERE micro_grid_code IS NOT NULL
), posts AS (
    SELECT h.below, CASE WHEN h.below IS NULL THEN h.micro_grid_code END AS code,
           count(DISTINCT h.micro_grid_code) AS micro_grids,
           count(DISTINCT h.micro_grid_code) FILTER (WHERE r.staff_id IS NULL) AS without_receiver,
           count(DISTINCT r.staff_id) AS receivers,
           count(DISTINCT r.staff_id) FILTER (WHERE r.acknowledged_at IS NOT NULL) AS acknowledged
    FROM held h
    LEFT JOIN notice_receivers r ON r.notice_id = :notice_id AND r.micro_grid_code = h.micro_grid_code
    GROUP BY 1, 2
), homes AS (
    SELECT below, CASE WHEN below IS NULL THEN micro_grid_code END AS code, sum(households)::int AS households,
           bool_or(households_estimated) AS households_estimated,
           coalesce(sum(households) FILTER (WHERE reached_at IS NOT NULL), 0)::int AS households_reached
    FROM parts
    GROUP BY 1, 2
)
SELECT coalesce(a.code, homes.code, '') AS code, coalesce(a.name, '') AS name, a.name_en,
       coalesce(a.level, CASE WHEN homes.code IS NULL THEN 'none' ELSE 'micro_grid' END) AS level,
       coalesce(posts.micro_grids, 0) AS micro_grids, coalesce(posts.without_receiver, 0) AS without_receiver,
       coalesce(posts.receivers, 0) AS receivers, coalesce(posts.acknowledged, 0) AS acknowledged,
       homes.households, homes.households_estimated, homes.households_reached
FROM homes
LEFT JOIN posts ON posts.below IS NOT DISTINCT FROM homes.below AND posts.code IS NOT DISTINCT FROM homes.code
LEFT JOIN areas a ON a.id = homes.below
ORDER BY code
