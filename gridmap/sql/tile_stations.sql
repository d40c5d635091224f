-- Stations in one tile.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile,
--             and drawn beyond it);
--             grain_m float (above 0 only kind station is kept, metres of Web Mercator).
-- Columns: tile (bytea, Mapbox vector tile, one layer "stations"; empty where there is nothing).
-- Features: code, name, kind.
-- Relies on idx_stations_geom (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => CAST(:margin AS float8) / :extent), 4326) AS asked
)
SELECT ST_AsMVT(shapes, 'stations', :extent, 'geom') AS tile
FROM (
    SELECT s.code, s.name, s.kind,
           ST_AsMVTGeom(ST_Transform(s.geom, 3857), (SELECT tile FROM box), :extent, :margin) AS geom
    FROM stations s
    WHERE s.geom && (SELECT asked FROM box)
      AND (s.kind = 'station' OR CAST(:grain_m AS float8) = 0)
) shapes
