-- How far each building with homes of an area stands from the nearest station, in a straight line.
-- Parameters: area_id bigint; kinds text[] (kinds of station that count); distance_m float (what is near enough);
--             with_shapes boolean.
-- Columns: building_id, name, address, grid_code, households, households_estimated, distance_m (from the
--          building's centre, on the spheroid; empty = there is no such station), station_code (both of the
--          nearest), covered, geometry (GeoJSON text of the uncovered, 6 decimals).
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id and, for the nearest, idx_stations_geography (GiST).
WITH answer AS (
    SELECT b.id AS building_id, b.name, b.address, g.code AS grid_code, b.households, b.households_estimated,
           b.geom, near.code AS station_code, near.distance_m,
           coalesce(near.distance_m <= CAST(:distance_m AS float8), false) AS covered
    FROM areas g
    JOIN buildings b ON b.grid_id = g.id AND b.households > 0
    LEFT JOIN LATERAL (
        SELECT s.code, ST_Distance(s.geom::geography, ST_Centroid(b.geom)::geography) AS distance_m
        FROM stations s
        WHERE s.kind = ANY(CAST(:kinds AS text[]))
        ORDER BY s.geom::geography <-> ST_Centroid(b.geom)::geography
        LIMIT 1
    ) near ON true
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)]
      AND g.level = 'grid'
)
SELECT building_id, name, address, grid_code, households, households_estimated, distance_m, station_code,
       covered, CASE WHEN NOT covered AND :with_shapes THEN ST_AsGeoJSON(geom, 6) END AS geometry
FROM answer
ORDER BY building_id
