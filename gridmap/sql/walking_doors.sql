-- The doors of some grids: the entrances of their buildings with homes, or the building itself where none has a place.
-- Parameters: grid_ids bigint[]; said one by one, since the planner would take "the grids of an area" for two or three.
-- Columns: building_id, entrance_number (0 = the building itself), grid_id, building_households, own_households (of the
--          entrance; -1 = not said), households_estimated (of the building), place (Point). In no order.
-- Relies on ix_buildings_grid_id, uq_entrances_building_id_number; reads them whole where most grids are asked for.
SELECT b.id AS building_id, coalesce(e.number, 0) AS entrance_number, b.grid_id, b.households AS building_households,
       coalesce(e.households, -1) AS own_households, b.households_estimated,
       coalesce(e.geom, b.point) AS place
FROM buildings b
LEFT JOIN entrances e ON e.building_id = b.id
WHERE b.grid_id = ANY(CAST(:grid_ids AS bigint[])) AND b.households > 0
