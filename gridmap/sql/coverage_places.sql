-- What an official wants to know of places that are not covered.
-- Parameters: level text (micro_grid, building, entrance, compound, or a level of areas); place_ids bigint[];
--             with_shapes boolean.
-- Columns: place_id, code (of a building: empty), name, address, grid_code (empty above grids), lon, lat,
--          geometry (GeoJSON text, 6 decimals; empty without shapes; a point where there is no ground).
-- Relies on pk_micro_grids, pk_buildings, pk_entrances, pk_compounds, pk_areas.
WITH asked AS MATERIALIZED (
    SELECT unnest(CAST(:place_ids AS bigint[])) AS id
), found AS (
    SELECT m.id, m.code, m.contents AS name, '' AS address, m.grid_id, m.label AS spot,
           coalesce(m.geom, m.label) AS geom
    FROM asked JOIN micro_grids m USING (id) WHERE :level = 'micro_grid'
    UNION ALL
    SELECT b.id, '', b.name, b.address, b.grid_id, b.point, b.geom
    FROM asked JOIN buildings b USING (id) WHERE :level = 'building'
    UNION ALL
    SELECT e.id, '', concat_ws(' ', nullif(b.name, ''), coalesce(nullif(e.name, ''), e.number || '单元')),
           b.address, b.grid_id, coalesce(e.geom, b.point),
           coalesce(e.geom, b.point)
    FROM asked JOIN entrances e USING (id) JOIN buildings b ON b.id = e.building_id
    WHERE :level = 'entrance'
    UNION ALL
    SELECT c.id, c.code, c.name, '', NULL, ST_PointOnSurface(ground.geom), ground.geom
    FROM asked JOIN compounds c USING (id)
    CROSS JOIN LATERAL (SELECT coalesce(c.geom, (
        SELECT ST_Multi(ST_ConvexHull(ST_Collect(b.geom))) FROM buildings b WHERE b.compound_id = c.id
    )) AS geom) ground
    WHERE :level = 'compound'
    UNION ALL
    SELECT a.id, a.code, a.name, '', CASE WHEN a.level = 'grid' THEN a.id END, ST_PointOnSurface(a.geom), a.geom
    FROM asked JOIN areas a USING (id) WHERE a.level = :level
)
SELECT f.id AS place_id, f.code, f.name, f.address, g.code AS grid_code, ST_X(f.spot) AS lon,
       ST_Y(f.spot) AS lat, CASE WHEN :with_shapes THEN ST_AsGeoJSON(f.geom, 6) END AS geometry
FROM found f
LEFT JOIN areas g ON g.id = f.grid_id
ORDER BY place_id
