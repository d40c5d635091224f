-- The buildings of an area, and how a plan divides them.
-- Parameters: plan_id bigint; area_id bigint.
-- Columns: id, source, households, households_estimated, micro_grids (how many hold a part of it),
--          by_floors (a border runs between floors), geometry (WKB, EPSG:4326).
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id and ix_assignments_building_id_plan_id.
SELECT b.id, b.source, b.households, b.households_estimated,
       coalesce(held.micro_grids, 0) AS micro_grids, coalesce(held.by_floors, false) AS by_floors,
       ST_AsBinary(b.geom) AS geometry
FROM areas a
JOIN buildings b ON b.grid_id = a.id
LEFT JOIN LATERAL (
    SELECT count(DISTINCT s.micro_grid_id) AS micro_grids, bool_or(s.floor_from IS NOT NULL) AS by_floors
    FROM assignments s
    WHERE s.building_id = b.id AND s.plan_id = :plan_id
) held ON true
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
ORDER BY b.id
