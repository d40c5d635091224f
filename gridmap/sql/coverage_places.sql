-- What an official wants to know of places that are not covered.
-- Parameters: level text (micro_grid, building, entrance, compound, or a level of areas); place_ids bigint[];
--             with_shapes boolean.
-- Columns: place_id, code (of a building: empty), name, address, place (Point),
--          geometry (GeoJSON text, 6 decimals; empty without shapes; a point where there is no ground). In no order.
-- Relies on pk_micro_grids, pk_buildings, pk_entrances, pk_compounds.
WITH found AS (
    SELECT m.id, m.code, m.contents AS name, '' AS address, m.label AS spot,
           coalesce(m.geom, m.label) AS geom
    FROM micro_grids m WHERE :level = 'micro_grid' AND m.id = ANY(CAST(:place_ids AS bigint[]))
    UNION ALL
    SELECT b.id, '', b.name, b.address, b.point, b.geom
    FROM buildings b WHERE :level = 'building' AND b.id = ANY(CAST(:place_ids AS bigint[]))
    UNION ALL
    SELECT e.id, '', concat_ws(' ', nullif(b.name, ''), coalesce(nullif(e.name, ''), e.number || '单元')),
           b.address, coalesce(e.geom, b.point), coalesce(e.geom, b.point)
    FROM entrances e JOIN buildings b ON b.id = e.building_id
    WHERE :level = 'entrance' AND e.id = ANY(CAST(:place_ids AS bigint[]))
    UNION ALL
    SELECT c.id, c.code, c.name, '', ST_PointOnSurface(ground.geom), ground.geom
    FROM compounds c
    CROSS JOIN LATERAL (SELECT coalesce(c.geom, (
        SELECT ST_Multi(ST_ConvexHull(ST_Collect(b.geom))) FROM buildings b WHERE b.compound_id = c.id
    )) AS geom) ground
    WHERE :level = 'compound' AND c.id = ANY(CAST(:place_ids AS bigint[]))
    UNION ALL
    SELECT a.id, a.code, a.name, '', ST_PointOnSurface(a.geom), a.geom
    FROM areas a
    WHERE :level NOT IN ('micro_grid', 'building', 'entrance', 'compound') -- or the planner would weigh each id again
      AND a.level = :level AND a.id = ANY(CAST(:place_ids AS bigint[]))
)
SELECT f.id AS place_id, f.code, f.name, f.address, f.spot AS place,
       CASE WHEN :with_shapes THEN ST_AsGeoJSON(f.geom, 6) END AS geometry
FROM found f
