-- Coverage by walking distance as users of pgRouting write it; each statement but the last two leaves a table.
-- Parameters: code text (area); margin float (degrees around it); kinds text[] (of stations); near_m float; sheet int
--             (SRID to measure on); island_m, farthest_m float (as ours: shorter pieces, farther doors are no way).
CREATE TEMP TABLE pgr_edges ON COMMIT DROP AS
SELECT id, first_node AS source, second_node AS target, length_m AS cost,
       ST_Transform(geom, CAST(:sheet AS int)) AS line
FROM walking_edges
WHERE geom && (SELECT ST_Expand(geom, CAST(:margin AS float8)) FROM areas WHERE code = :code);

DELETE FROM pgr_edges e
USING (
    SELECT node, sum(cost) OVER (PARTITION BY component) / 2 AS metres
    FROM pgr_connectedComponents('SELECT id, source, target, cost FROM pgr_edges')
    JOIN (
        SELECT node, sum(cost) AS cost
        FROM (SELECT source AS node, cost FROM pgr_edges UNION ALL SELECT target, cost FROM pgr_edges) ends
        GROUP BY node
    ) hanging USING (node)
) piece
WHERE piece.node = e.source AND piece.metres < :island_m;

CREATE INDEX ON pgr_edges USING gist (line);

ANALYZE pgr_edges;

CREATE TEMP TABLE pgr_stations ON COMMIT DROP AS
SELECT row_number() OVER () AS node, s.at, near.*
FROM (
    SELECT ST_Transform(geom, CAST(:sheet AS int)) AS at
    FROM stations
    WHERE kind = ANY(:kinds) AND geom && (SELECT ST_Expand(geom, CAST(:margin AS float8)) FROM areas WHERE code = :code)
) s
CROSS JOIN LATERAL (
    SELECT e.source, e.target, e.id AS edge, e.cost, ST_LineLocatePoint(e.line, s.at) * e.cost AS along_m,
           e.line <-> s.at AS offset_m
    FROM pgr_edges e
    ORDER BY e.line <-> s.at
    LIMIT 1
) near;

CREATE TEMP TABLE pgr_doors ON COMMIT DROP AS
SELECT d.*, near.*
FROM (
    SELECT b.id AS building_id, b.grid_id, ST_Transform(coalesce(e.geom, b.point), CAST(:sheet AS int)) AS at,
           coalesce(e.households, greatest(b.households - coalesce(sum(e.households) OVER same, 0), 0)
                                  / count(*) FILTER (WHERE e.households IS NULL) OVER same) AS homes
    FROM areas g
    JOIN buildings b ON b.grid_id = g.id AND b.households > 0
    LEFT JOIN entrances e ON e.building_id = b.id
    WHERE g.lineage @> ARRAY[(SELECT id FROM areas WHERE code = :code)] AND g.level = 'grid'
    WINDOW same AS (PARTITION BY b.id)
) d
CROSS JOIN LATERAL (
    SELECT e.source, e.target, e.id AS edge, e.cost, ST_LineLocatePoint(e.line, d.at) * e.cost AS along_m,
           e.line <-> d.at AS offset_m
    FROM pgr_edges e
    ORDER BY e.line <-> d.at
    LIMIT 1
) near;

CREATE TEMP TABLE pgr_reached ON COMMIT DROP AS
SELECT node, min(agg_cost) AS metres
FROM pgr_drivingDistance(
    'SELECT id, source, target, cost FROM pgr_edges
     UNION ALL SELECT -2 * node, node, source, along_m + offset_m FROM pgr_stations
     UNION ALL SELECT -2 * node - 1, node, target, cost - along_m + offset_m FROM pgr_stations',
    (SELECT array_agg(node) FROM pgr_stations), 1e9, false)
GROUP BY node;

CREATE TEMP TABLE pgr_homes ON COMMIT DROP AS
SELECT building_id, min(grid_id) AS grid_id, sum(homes) AS households, max(walk_m) AS walk_m,
       coalesce(sum(homes) FILTER (WHERE walk_m <= :near_m), 0) AS covered_homes
FROM (
    SELECT d.building_id, d.grid_id, d.homes, coalesce(
               CASE WHEN d.offset_m <= :farthest_m
                    THEN d.offset_m + least(one.metres + d.along_m, other.metres + d.cost - d.along_m, (
                        SELECT min(abs(s.along_m - d.along_m) + s.offset_m) FROM pgr_stations s WHERE s.edge = d.edge
                    )) END,
               (SELECT min(ST_Distance(s.at, d.at)) FROM pgr_stations s)) AS walk_m
    FROM pgr_doors d
    LEFT JOIN pgr_reached one ON one.node = d.source
    LEFT JOIN pgr_reached other ON other.node = d.target
) walks
GROUP BY building_id;

SELECT above.code, sum(h.covered_homes) / sum(h.households) AS share
FROM pgr_homes h
JOIN areas g ON g.id = h.grid_id
JOIN areas above ON above.id = ANY(g.lineage)
GROUP BY above.code;

SELECT h.building_id, b.name, b.address, g.code AS grid_code, ST_X(b.point) AS lon, ST_Y(b.point) AS lat,
       h.households, h.covered_homes, h.walk_m
FROM pgr_homes h
JOIN buildings b ON b.id = h.building_id
LEFT JOIN areas g ON g.id = b.grid_id
WHERE h.walk_m > :near_m
ORDER BY h.households DESC
