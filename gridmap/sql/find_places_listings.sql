-- Finds the building (of :source first, else of any source) or the compound of each staged listing.
-- Parameters: source. Returns: nothing; fills staged_listings.found_id and compound_id.
-- Relies on: uq_buildings_source_source_id, uq_compounds_code; building ids that :source does not know cost one pass
-- over the buildings.
WITH asked AS MATERIALIZED (
    SELECT DISTINCT building_id AS code FROM staged_listings WHERE building_id IS NOT NULL
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
),
known AS (
    SELECT s.part, s.number, found.id AS found_id, c.id AS compound_id
    FROM staged_listings s
    LEFT JOIN found ON found.code = s.building_id
    LEFT JOIN compounds c ON c.code = s.compound_code
)
UPDATE staged_listings s
SET found_id = known.found_id, compound_id = known.compound_id
FROM known WHERE (known.part, known.number) = (s.part, s.number)
