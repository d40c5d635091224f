-- Buildings in one tile; far away as one shape a use.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile,
--             and drawn beyond it);
--             grain_m float (smaller shapes are left out, metres of Web Mercator); merged
--             boolean (one feature a use).
-- Columns: tile (bytea, Mapbox vector tile, one layer "buildings"; empty where there is nothing).
-- Features: use; unless merged also the building's id as feature id, name, households, estimated, storeys.
-- Relies on idx_buildings_geom (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => CAST(:margin AS float8) / :extent), 4326) AS asked
), shapes AS (
    SELECT b.id, b.use, b.name, b.households, b.households_estimated AS estimated, b.storeys,
           ST_AsMVTGeom(ST_Transform(b.geom, 3857), (SELECT tile FROM box), :extent, :margin) AS geom
    FROM buildings b
    WHERE b.geom && (SELECT asked FROM box)
      AND (ST_XMax(b.geom) - ST_XMin(b.geom) + ST_YMax(b.geom) - ST_YMin(b.geom)) * 55660 >= :grain_m
)
SELECT ST_AsMVT(single, 'buildings', :extent, 'geom', 'id') AS tile
FROM (
    SELECT id, use, nullif(name, '') AS name, households, estimated, storeys, geom
    FROM shapes
    WHERE NOT :merged
    UNION ALL
    SELECT NULL, use, NULL, NULL, NULL, NULL, ST_CollectionExtract(ST_Collect(geom), 3)
    FROM shapes
    WHERE :merged
    GROUP BY use
) single
