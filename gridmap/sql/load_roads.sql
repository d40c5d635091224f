-- Writes the staged roads.
-- Parameters: source. Returns: inserted, updated (rows that were equal are neither). Relies on: uq_roads_source_source_id.
WITH written AS (
    INSERT INTO roads (source, source_id, name, class, oneway, bridge, tunnel, layer, foot, geom)
    SELECT :source, id, coalesce(name, ''), class, oneway, bridge, tunnel, layer, foot = 'yes', geom FROM staged_roads
    ON CONFLICT (source, source_id) DO UPDATE
    SET name = excluded.name, class = excluded.class, oneway = excluded.oneway, bridge = excluded.bridge,
        tunnel = excluded.tunnel, layer = excluded.layer, foot = excluded.foot, geom = excluded.geom
    WHERE (roads.name, roads.class, roads.oneway, roads.bridge, roads.tunnel, roads.layer, roads.foot,
           roads.geom)
        IS DISTINCT FROM (excluded.name, excluded.class, excluded.oneway, excluded.bridge, excluded.tunnel,
                          excluded.layer, excluded.foot, excluded.geom)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
