-- The roads whose edges a load may have changed, and those that they meet.
-- Parameters: source text (empty text = every source).
-- Columns: id, class, foot, bridge, tunnel, layer, geometry (WKB), is_written (its edges are to be cut anew;
--          the others are there to be met). Ordered by id.
-- Relies on idx_roads_geom (GiST): a source is a part of the city, its neighbours are few.
WITH mine AS MATERIALIZED (
    SELECT id, geom FROM roads WHERE :source = '' OR source = :source
), met AS MATERIALIZED (
    SELECT DISTINCT r.id, r.geom
    FROM mine JOIN roads r ON r.geom && ST_Expand(mine.geom, 0.00001)
    WHERE :source <> '' AND r.source <> :source
), further AS (
    SELECT DISTINCT r.id
    FROM met JOIN roads r ON r.geom && ST_Expand(met.geom, 0.00001)
), chosen AS (
    SELECT id, true AS is_written FROM mine
    UNION SELECT id, true FROM met
    UNION SELECT id, false FROM further WHERE id NOT IN (SELECT id FROM mine UNION ALL SELECT id FROM met)
)
SELECT r.id, r.class, r.foot, r.bridge, r.tunnel, r.layer, ST_AsBinary(r.geom) AS geometry, c.is_written
FROM chosen c JOIN roads r ON r.id = c.id
ORDER BY r.id
