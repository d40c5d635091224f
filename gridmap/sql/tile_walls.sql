-- Walls that micro-grids should not cross in one tile.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile,
--             and drawn beyond it);
--             grain_m float (smaller shapes are left out, metres of Web Mercator).
-- Columns: tile (bytea, Mapbox vector tile, one layer "walls"; empty where there is nothing).
-- Features: class, name.
-- Relies on idx_barriers_geom (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => CAST(:margin AS float8) / :extent), 4326) AS asked
)
SELECT ST_AsMVT(shapes, 'walls', :extent, 'geom') AS tile
FROM (
    SELECT nullif(b.class, '') AS class, nullif(b.name, '') AS name,
           ST_AsMVTGeom(ST_Transform(b.geom, 3857), (SELECT tile FROM box), :extent, :margin) AS geom
    FROM barriers b
    WHERE b.geom && (SELECT asked FROM box)
      AND b.kind = 'wall'
      AND (ST_XMax(b.geom) - ST_XMin(b.geom) + ST_YMax(b.geom) - ST_YMin(b.geom)) * 55660 >= :grain_m
) shapes
