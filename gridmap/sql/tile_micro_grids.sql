-- Ground of micro-grids in one tile: the published ones, or those of one plan.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile,
--             and drawn beyond it);
--             grain_m float (smaller shapes are left out, metres of Web Mercator);
--             plan_id bigint (0 = published).
-- Columns: tile (bytea, Mapbox vector tile, one layer "micro_grids"; empty where there is nothing).
-- Features: code, households, estimated, status, colour, stacked.
-- Relies on idx_micro_grids_geom (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => CAST(:margin AS float8) / :extent), 4326) AS asked
)
SELECT ST_AsMVT(shapes, 'micro_grids', :extent, 'geom') AS tile
FROM (
    SELECT m.code, m.households, m.households_estimated AS estimated, m.status, m.colour, m.stacked,
           ST_AsMVTGeom(ST_Transform(m.geom, 3857), (SELECT tile FROM box), :extent, :margin) AS geom
    FROM micro_grids m
    WHERE m.geom && (SELECT asked FROM box)
      AND CASE CAST(:plan_id AS bigint)
              WHEN 0 THEN m.valid_from IS NOT NULL AND m.valid_to IS NULL
              ELSE m.plan_id = :plan_id
          END
      AND (ST_XMax(m.geom) - ST_XMin(m.geom) + ST_YMax(m.geom) - ST_YMin(m.geom)) * 55660 >= :grain_m
) shapes
