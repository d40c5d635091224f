-- Borders of areas in one tile as lines: where two areas touch there is one line, so that dashes stay dashes.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile and
--             drawn beyond it);
--             grain_m float (smaller areas are left out, metres of Web Mercator);
--             levels text[] (levels wanted).
-- Columns: tile (bytea, Mapbox vector tile, one layer "area_borders"; empty where there is nothing).
-- Features: level.
-- Relies on idx_areas_geom (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => CAST(:margin AS float8) / :extent), 4326) AS asked
)
SELECT ST_AsMVT(lines, 'area_borders', :extent, 'geom') AS tile
FROM (
    SELECT a.level,
           ST_AsMVTGeom(
               ST_Transform(ST_LineMerge(ST_UnaryUnion(ST_Collect(ST_Boundary(a.geom)))), 3857),
               (SELECT tile FROM box), :extent, :margin
           ) AS geom
    FROM areas a
    WHERE a.geom && (SELECT asked FROM box)
      AND a.level = ANY(CAST(:levels AS text[]))
      AND (ST_XMax(a.geom) - ST_XMin(a.geom) + ST_YMax(a.geom) - ST_YMin(a.geom)) * 55660 >= :grain_m
    GROUP BY a.level
) lines
