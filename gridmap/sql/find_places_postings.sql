-- Finds the post and the place of each staged posting; a building by its id in the source (of :source first, else
-- of any source), an entrance as building id/number.
-- Parameters: source. Returns: nothing; fills the *_id columns of staged_postings.
-- Relies on: uq_staff_code, uq_areas_code, uq_compounds_code, uq_stations_code, uq_buildings_source_source_id,
-- uq_micro_grids_current_code. Micro-grids that are not published, and building ids that :source does not know,
-- cost one pass over their table.
WITH asked AS MATERIALIZED (
    SELECT part, number, staff_code, place_level, place_code,
           CASE place_level WHEN 'building' THEN place_code
                            WHEN 'entrance' THEN substring(place_code FROM '^(.*)/\d{1,3}$') END AS building_code,
           CASE place_level WHEN 'entrance' THEN substring(place_code FROM '/(\d{1,3})$')::int END AS entrance_number
    FROM staged_postings
),
own AS MATERIALIZED (
    SELECT DISTINCT b.source_id, b.id
    FROM asked JOIN buildings b ON b.source = :source AND b.source_id = asked.building_code
),
missing AS MATERIALIZED (
    SELECT DISTINCT building_code FROM asked
    WHERE building_code IS NOT NULL AND building_code NOT IN (SELECT source_id FROM own)
),
building AS (
    SELECT source_id, id FROM own
    UNION ALL
    SELECT b.source_id, min(b.id) FROM buildings b
    WHERE EXISTS (SELECT FROM missing) AND b.source_id IN (SELECT building_code FROM missing)
    GROUP BY b.source_id
),
published AS MATERIALIZED (
    SELECT DISTINCT m.code
    FROM asked
    JOIN micro_grids m ON m.code = asked.place_code AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    WHERE asked.place_level = 'micro_grid'
),
unpublished AS MATERIALIZED (
    SELECT DISTINCT place_code FROM asked
    WHERE place_level = 'micro_grid' AND place_code NOT IN (SELECT code FROM published)
),
micro_grid AS (
    SELECT code FROM published
    UNION ALL
    SELECT DISTINCT code FROM micro_grids
    WHERE EXISTS (SELECT FROM unpublished) AND code IN (SELECT place_code FROM unpublished)
),
found AS (
    SELECT q.part, q.number, f.id AS staff_id, a.id AS area_id, m.code AS micro_grid_code, c.id AS compound_id,
           CASE WHEN q.place_level = 'building' THEN b.id END AS building_id, e.id AS entrance_id, t.id AS station_id
    FROM asked q
    LEFT JOIN staff f ON f.code = q.staff_code
    LEFT JOIN areas a ON a.code = q.place_code AND a.level = q.place_level
    LEFT JOIN micro_grid m ON m.code = q.place_code AND q.place_level = 'micro_grid'
    LEFT JOIN compounds c ON c.code = q.place_code AND q.place_level = 'compound'
    LEFT JOIN building b ON b.source_id = q.building_code
    LEFT JOIN entrances e ON e.building_id = b.id AND e.number = q.entrance_number
    LEFT JOIN stations t ON t.code = q.place_code AND q.place_level = 'station'
)
UPDATE staged_postings s
SET staff_id = f.staff_id, area_id = f.area_id, micro_grid_code = f.micro_grid_code, compound_id = f.compound_id,
    building_id = f.building_id, entrance_id = f.entrance_id, station_id = f.station_id
FROM found f WHERE (f.part, f.number) = (s.part, s.number)
