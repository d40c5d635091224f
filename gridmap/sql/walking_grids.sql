-- The grids of an area.
-- Parameters: area_id bigint.
-- Columns: id. In no order.
-- Relies on ix_areas_lineage (GIN).
SELECT id FROM areas WHERE lineage @> ARRAY[CAST(:area_id AS bigint)] AND level = 'grid'
