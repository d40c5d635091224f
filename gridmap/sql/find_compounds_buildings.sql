-- Which compounds may lie in other grids now: those to which the staged buildings belong or belonged.
-- Parameters: source. Returns: id. Relies on: uq_buildings_source_source_id.
SELECT b.compound_id AS id
FROM staged_buildings s JOIN buildings b ON b.source = :source AND b.source_id = s.id
WHERE b.compound_id IS NOT NULL
UNION
SELECT was_compound_id FROM staged_buildings WHERE was_compound_id IS NOT NULL
