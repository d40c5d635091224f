-- Colours of the micro-grids around a new one.
-- Parameters: plan_id bigint; geometry bytea (EWKB, EPSG:4326); near_degrees float; code text (of the new one).
-- Columns: colour.
-- Relies on idx_micro_grids_geom (GiST).
SELECT DISTINCT m.colour
FROM micro_grids m
WHERE m.plan_id = :plan_id AND m.code <> :code
  AND m.geom && ST_Expand(CAST(:geometry AS geometry), :near_degrees)
  AND ST_DWithin(m.geom, CAST(:geometry AS geometry), :near_degrees)
