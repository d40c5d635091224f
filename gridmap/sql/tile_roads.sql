-- Roads in one tile; far away as one shape a class.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile,
--             and drawn beyond it);
--             grain_m float (nameless roads that are smaller are left out, metres of Web Mercator);
--             classes text[] (classes wanted; a trailing _link is not looked at);
--             all_classes boolean (whatever there is); merged
--             boolean (one feature a class).
-- Columns: tile (bytea, Mapbox vector tile, one layer "roads"; empty where there is nothing).
-- Features: class, name, bridge, tunnel; if merged only class.
-- Relies on idx_roads_geom (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => CAST(:margin AS float8) / :extent), 4326) AS asked
), shapes AS (
    SELECT r.class, r.name, r.bridge, r.tunnel,
           ST_AsMVTGeom(ST_Transform(r.geom, 3857), (SELECT tile FROM box), :extent, :margin) AS geom
    FROM roads r
    WHERE r.geom && (SELECT asked FROM box)
      AND (:all_classes OR regexp_replace(r.class, '_link$', '') = ANY(CAST(:classes AS text[])))
      AND (r.name <> ''
           OR (ST_XMax(r.geom) - ST_XMin(r.geom) + ST_YMax(r.geom) - ST_YMin(r.geom)) * 55660 >= :grain_m)
)
SELECT ST_AsMVT(single, 'roads', :extent, 'geom') AS tile
FROM (
    SELECT class, nullif(name, '') AS name, nullif(bridge, false) AS bridge, nullif(tunnel, false) AS tunnel, geom
    FROM shapes
    WHERE NOT :merged
    UNION ALL
    SELECT class, NULL, NULL, NULL, ST_CollectionExtract(ST_Collect(geom), 2)
    FROM shapes
    WHERE :merged
    GROUP BY class
) single
