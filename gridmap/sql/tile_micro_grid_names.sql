-- Where the names of micro-grids stand in one tile, those that hold only upper floors too: one point a micro-grid.
-- From afar (below zoom 14) only those outside their band, which need work.
-- Parameters: z, x, y int (tile of 512 pixels, Web Mercator); extent, margin int (units along a side of the tile and
--             drawn beyond it);
--             plan_id bigint (0 = published).
-- Columns: tile (bytea, Mapbox vector tile, one layer "micro_grid_names"; empty where there is nothing).
-- Features: code, households, estimated, status, stacked.
-- Relies on idx_micro_grids_label (GiST): the tile's box is brought to the data's CRS,
-- never the column to the tile's.
WITH box AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS tile, ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326) AS asked
)
SELECT ST_AsMVT(shapes, 'micro_grid_names', :extent, 'geom') AS tile
FROM (
    SELECT m.code, m.households, m.households_estimated AS estimated, m.status, m.stacked,
           ST_AsMVTGeom(ST_Transform(m.label, 3857), (SELECT tile FROM box), :extent, :margin, false) AS geom
    FROM micro_grids m
    WHERE m.label && (SELECT asked FROM box)
      AND (:z >= 14 OR m.status <> 'in_band')
      AND CASE CAST(:plan_id AS bigint)
              WHEN 0 THEN m.valid_from IS NOT NULL AND m.valid_to IS NULL
              ELSE m.plan_id = :plan_id
          END
) shapes
