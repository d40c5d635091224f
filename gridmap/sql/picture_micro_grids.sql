-- The micro-grids of a plan in one area, as its picture shows them.
-- Parameters: plan_id bigint; area_id bigint.
-- Columns: code, grid (code), households, households_estimated, status, stacked, colour,
--          floor_from (lowest floor held, null where it holds whole entrances),
--          label (WKB of the point where its count belongs: on upper floors that of the building which gives
--          it most households), geometry (WKB or null: upper floors only).
-- Relies on ix_areas_lineage (GIN), uq_micro_grids_plan_id_code and ix_assignments_micro_grid_id.
SELECT m.code, a.code AS grid, m.households, m.households_estimated, m.status, m.stacked, m.colour,
       (SELECT min(s.floor_from) FROM assignments s WHERE s.micro_grid_id = m.id) AS floor_from,
       ST_AsBinary(coalesce(above.point, m.label)) AS label, ST_AsBinary(m.geom) AS geometry
FROM micro_grids m
JOIN areas a ON a.id = m.grid_id
LEFT JOIN LATERAL (
    SELECT b.point
    FROM assignments s
    JOIN buildings b ON b.id = s.building_id
    WHERE s.micro_grid_id = m.id
      AND m.geom IS NULL
    GROUP BY b.id
    ORDER BY sum(s.households) DESC, b.id
    LIMIT 1
) above ON true
WHERE m.plan_id = :plan_id
  AND a.lineage @> ARRAY[CAST(:area_id AS bigint)]
ORDER BY m.code
