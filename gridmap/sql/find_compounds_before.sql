-- Keeps the compounds to which the staged buildings belonged before they are written.
-- Parameters: source. Returns: nothing; fills staged_buildings.was_compound_id.
-- Relies on: uq_buildings_source_source_id.
UPDATE staged_buildings s SET was_compound_id = b.compound_id
FROM buildings b WHERE b.source = :source AND b.source_id = s.id AND b.compound_id IS NOT NULL
