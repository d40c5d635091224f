-- Ground of compounds in one tile.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile,
--             and drawn beyond it);
--             grain_m float (smaller shapes are left out, metres of Web Mercator).
-- Columns: tile (bytea, Mapbox vector tile, one layer "compounds"; empty where there is nothing).
-- Features: code, name, kind; x, y (spot of the name, metres of Web Mercator, the same in every tile).
-- Relies on idx_compounds_geom (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => CAST(:margin AS float8) / :extent), 4326) AS asked
)
SELECT ST_AsMVT(shapes, 'compounds', :extent, 'geom') AS tile
FROM (
    SELECT c.code, c.name, c.kind,
           CAST(ST_X(ST_Transform(ST_PointOnSurface(c.geom), 3857)) AS int) AS x,
           CAST(ST_Y(ST_Transform(ST_PointOnSurface(c.geom), 3857)) AS int) AS y,
           ST_AsMVTGeom(ST_Transform(c.geom, 3857), (SELECT tile FROM box), :extent, :margin) AS geom
    FROM compounds c
    WHERE c.geom && (SELECT asked FROM box)
      AND (ST_XMax(c.geom) - ST_XMin(c.geom) + ST_YMax(c.geom) - ST_YMin(c.geom)) * 55660 >= :grain_m
) shapes
