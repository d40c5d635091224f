-- Where the names of areas stand in one tile: one point an area, so that no border of a tile doubles a name.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile and
--             drawn beyond it);
--             grain_m float (smaller areas are left out, metres of Web Mercator);
--             levels text[] (levels wanted).
-- Columns: tile (bytea, Mapbox vector tile, one layer "area_names"; empty where there is nothing).
-- Features: code, name, level.
-- Relies on idx_areas_geom (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile, ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326) AS asked
)
SELECT ST_AsMVT(shapes, 'area_names', :extent, 'geom') AS tile
FROM (
    SELECT a.code, a.name, a.level,
           ST_AsMVTGeom(
               ST_Transform(ST_PointOnSurface(a.geom), 3857), (SELECT tile FROM box), :extent, :margin, false
           ) AS geom
    FROM areas a
    WHERE a.geom && (SELECT asked FROM box)
      AND a.level = ANY(CAST(:levels AS text[]))
      AND ST_Intersects(ST_PointOnSurface(a.geom), (SELECT asked FROM box))
      AND (ST_XMax(a.geom) - ST_XMin(a.geom) + ST_YMax(a.geom) - ST_YMin(a.geom)) * 55660 >= :grain_m
) shapes
