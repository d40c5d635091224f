-- Finds the building of each staged issue that names one: of :source first, else of any source; an issue without
-- a point of its own takes the building's point on surface.
-- Parameters: source. Returns: nothing; fills staged_issues.found_id and geom. Relies on: a hash of the ids asked for.
UPDATE staged_issues s SET found_id = f.id, geom = coalesce(s.geom, ST_PointOnSurface(f.geom))
FROM (
    SELECT DISTINCT ON (b.source_id) b.source_id, b.id, b.geom
    FROM buildings b
    WHERE b.source_id IN (SELECT building_id FROM staged_issues)
    ORDER BY b.source_id, (b.source = :source) DESC, b.id
) f
WHERE f.source_id = s.building_id
