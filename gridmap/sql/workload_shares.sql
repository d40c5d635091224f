-- The homes that some staff answer for on a day, by building or part of a building.
-- Parameters: staff_ids bigint[]; on_date date (local; a posting's last day is included).
-- Columns: staff_id, building_id, entrance_number (empty: all entrances), households (of the part), is_whole (the
--          part is the whole building or entrance, not some floors). The same homes may come more than once.
-- A posting to a station has no homes.
-- Relies on uq_postings_staff_place_start (by staff_id), ix_buildings_grid_id,
-- ix_assignments_micro_grid_id.
WITH posted AS MATERIALIZED (
    SELECT staff_id, area_id, micro_grid_code, compound_id, building_id, entrance_id
    FROM postings
    WHERE staff_id = ANY(CAST(:staff_ids AS bigint[]))
      AND starts_on <= :on_date AND (ends_on IS NULL OR ends_on >= :on_date)
), whole AS (
    SELECT p.staff_id, b.id, b.households
    FROM posted p JOIN buildings b ON b.id = p.building_id
    UNION
    SELECT p.staff_id, b.id, b.households
    FROM posted p JOIN buildings b ON b.compound_id = p.compound_id
    UNION
    SELECT p.staff_id, b.id, b.households
    FROM posted p
    JOIN areas g ON g.lineage @> ARRAY[p.area_id] AND g.level = 'grid'
    JOIN buildings b ON b.grid_id = g.id
)
SELECT staff_id, id AS building_id, CAST(NULL AS int) AS entrance_number, households, true AS is_whole
FROM whole
WHERE households > 0
UNION ALL
SELECT p.staff_id, e.building_id, e.number::int, coalesce(e.households, 0), true
FROM posted p JOIN entrances e ON e.id = p.entrance_id
UNION ALL
SELECT p.staff_id, s.building_id, s.entrance_number::int, s.households, s.floor_from IS NULL AND s.floor_to IS NULL
FROM posted p
JOIN micro_grids m ON m.code = p.micro_grid_code AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
JOIN assignments s ON s.micro_grid_id = m.id AND s.households > 0
ORDER BY 1, 2, 3
