-- The atoms of a plan as people outside read them: by the office's own codes.
-- Parameters: plan_id bigint.
-- Columns: micro_grid (code or null), grid (code), atom, building_source, building_id (in the source),
--          building, compound, entrance_number, floor_from, floor_to, households, households_estimated,
--          geometry (footprint of the building, WKB).
-- Relies on pk_assignments.
SELECT m.code AS micro_grid, g.code AS grid, s.atom, b.source AS building_source,
       b.source_id AS building_id, b.name AS building, c.name AS compound, s.entrance_number,
       s.floor_from, s.floor_to, s.households, s.households_estimated, ST_AsBinary(b.geom) AS geometry
FROM assignments s
JOIN buildings b ON b.id = s.building_id
LEFT JOIN compounds c ON c.id = b.compound_id
LEFT JOIN areas g ON g.id = b.grid_id
LEFT JOIN micro_grids m ON m.id = s.micro_grid_id
WHERE s.plan_id = :plan_id
ORDER BY m.code, b.source, b.source_id, s.atom
