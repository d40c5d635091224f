-- The micro-grids of one plan, or of all that is published.
-- Parameters: plan_id bigint (0 = what is published).
-- Columns: id, code, name (what it holds), households, households_estimated, plan_id, grid_id, geometry (WKB, EPSG:4326;
--          a micro-grid without ground has none), lon, lat (its label).
-- Relies on uq_micro_grids_plan_id_code for a plan.
SELECT id, code, contents AS name, households, households_estimated, plan_id, grid_id,
       ST_AsBinary(geom) AS geometry, ST_X(label) AS lon, ST_Y(label) AS lat
FROM micro_grids
WHERE CASE WHEN CAST(:plan_id AS bigint) = 0 THEN valid_from IS NOT NULL AND valid_to IS NULL
           ELSE plan_id = CAST(:plan_id AS bigint) END
ORDER BY id
