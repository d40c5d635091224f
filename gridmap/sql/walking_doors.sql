-- The doors of an area: the entrances of its buildings with homes, or the building itself where none has a place.
-- Parameters: area_id bigint.
-- Columns: building_id, entrance_number (0 = the building itself), grid_id, building_households, own_households (of the
--          entrance; -1 = not said), households_estimated (of the building), lon, lat. In no order.
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id, uq_entrances_building_id_number.
SELECT b.id AS building_id, coalesce(e.number, 0) AS entrance_number, b.grid_id, b.households AS building_households,
       coalesce(e.households, -1) AS own_households, b.households_estimated,
       ST_X(coalesce(e.geom, b.point)) AS lon, ST_Y(coalesce(e.geom, b.point)) AS lat
FROM areas g
JOIN buildings b ON b.grid_id = g.id AND b.households > 0
LEFT JOIN entrances e ON e.building_id = b.id
WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)] AND g.level = 'grid'
