-- Finds the building of each staged entrance by its id in the source: of :source first, else of any source.
-- Parameters: source. Returns: nothing; fills staged_entrances.found_id. Relies on: a hash of the ids asked for.
UPDATE staged_entrances s SET found_id = f.id
FROM (
    SELECT DISTINCT ON (b.source_id) b.source_id, b.id
    FROM buildings b
    WHERE b.source_id IN (SELECT building_id FROM staged_entrances)
    ORDER BY b.source_id, (b.source = :source) DESC, b.id
) f
WHERE f.source_id = s.building_id
