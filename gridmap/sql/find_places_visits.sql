-- Finds the post, the building (of :source first, else of any source) and the entrance of each staged visit, and its own
-- id: an id that is a UUID is the visit's, so that a visit sent by a phone is not there twice when its list comes back as
-- a file; any other id makes one with the name of the source.
-- Parameters: source. Returns: nothing; fills staged_visits.client_id, staff_id, found_id and entrance_id.
-- Relies on: uq_staff_code, uq_buildings_source_source_id, uq_entrances_building_id_number; building ids that :source
-- does not know cost one pass over the buildings.
WITH asked AS MATERIALIZED (
    SELECT DISTINCT building_id AS code FROM staged_visits
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
    SELECT v.part, v.number, p.id AS staff_id, found.id AS found_id, e.id AS entrance_id
    FROM staged_visits v
    LEFT JOIN staff p ON p.code = v.staff_code
    LEFT JOIN found ON found.code = v.building_id
    LEFT JOIN entrances e ON e.building_id = found.id AND e.number = v.entrance_number
)
UPDATE staged_visits s
SET staff_id = known.staff_id, found_id = known.found_id, entrance_id = known.entrance_id,
    client_id = CASE WHEN s.id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN s.id::uuid
                     ELSE md5(CAST(:source AS text) || '/' || s.id)::uuid END
FROM known WHERE (known.part, known.number) = (s.part, s.number)
