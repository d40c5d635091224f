-- What the micro-grids of a plan hold in one area, as their sheets list it.
-- Parameters: plan_id bigint; area_id bigint.
-- Columns: micro_grid (code), building_id, name, address, compound (name), entrance_count, has_sections (nobody
--          counted the entrances), entrance, floor_from, floor_to, households, is_estimate.
-- Relies on ix_areas_lineage (GIN), uq_micro_grids_plan_id_code and ix_assignments_micro_grid_id.
SELECT m.code AS micro_grid, b.id AS building_id, b.name, b.address, coalesce(c.name, '') AS compound,
       b.entrance_count,
       b.entrances_estimated AS has_sections,
       s.entrance_number AS entrance, s.floor_from, s.floor_to, s.households,
       s.households_estimated AS is_estimate
FROM micro_grids m
JOIN areas a ON a.id = m.grid_id
JOIN assignments s ON s.micro_grid_id = m.id
JOIN buildings b ON b.id = s.building_id
LEFT JOIN compounds c ON c.id = b.compound_id
WHERE m.plan_id = :plan_id
  AND a.lineage @> ARRAY[CAST(:area_id AS bigint)]
ORDER BY m.code, b.id, s.entrance_number NULLS FIRST, s.floor_from NULLS FIRST
