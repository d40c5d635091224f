-- Finds the building of each staged issue that names one: of :source first, else of any source; an issue without
-- a point of its own takes the building's point on surface.
-- Parameters: source. Returns: nothing; fills staged_issues.found_id and geom.
-- Relies on: uq_buildings_source_source_id; ids that :source does not know cost one pass over the buildings.
WITH asked AS MATERIALIZED (
    SELECT DISTINCT building_id AS code FROM staged_issues WHERE building_id IS NOT NULL
),
own AS MATERIALIZED (
    SELECT asked.code, b.id FROM asked JOIN buildings b ON b.source = :source AND b.source_id = asked.code
),
missing AS MATERIALIZED (SELECT code FROM asked WHERE code NOT IN (SELECT code FROM own)),
found AS (
    SELECT code, id FROM own
    UNION ALL
    SELECT b.source_id, min(b.id) FROM buildings b
    WHERE EXISTS (SELECT FROM missing) AND b.source_id IN (SELECT code FROM missing)
    GROUP BY b.source_id
)
UPDATE staged_issues s
SET found_id = found.id,
    is_from_building = s.geom IS NULL,
    geom = coalesce(s.geom, (SELECT b.point FROM buildings b WHERE b.id = found.id))
FROM found WHERE found.code = s.building_id
