-- Gives buildings that belong to no compound the staged compound whose outline holds their point on surface.
-- Parameters: none. Returns: nothing. Relies on: idx_buildings_geom, uq_compounds_code.
UPDATE buildings b SET compound_id = c.id
FROM staged_compounds s JOIN compounds c USING (code)
WHERE b.compound_id IS NULL AND b.geom && c.geom AND ST_Covers(c.geom, b.point)
