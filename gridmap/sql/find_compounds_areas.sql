-- Which compounds may lie in other grids now: those with buildings in a staged area or noted to lie in one, and
-- those whose outline a staged grid touches or touched.
-- Parameters: none. Returns: id.
-- Relies on: uq_areas_code, ix_buildings_grid_id, ix_compound_grids_grid_id, idx_compounds_geom.
SELECT b.compound_id AS id
FROM staged_areas s JOIN areas a USING (code) JOIN buildings b ON b.grid_id = a.id
WHERE b.compound_id IS NOT NULL
UNION
SELECT h.compound_id FROM staged_areas s JOIN areas a USING (code) JOIN compound_grids h ON h.grid_id = a.id
UNION
SELECT c.id FROM staged_areas s JOIN compounds c ON c.geom && s.geom WHERE s.level = 'grid'
