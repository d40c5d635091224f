-- Which homes of an area a notice has to reach, by building and micro-grid of the published plans, each home once.
-- Parameters: area_id bigint; on_date date (local; a posting's last day is included).
-- Columns: building_id, micro_grid_code, plan_id (both empty for homes that no micro-grid holds), entrance_number (of an
--          entrance that somebody is posted to; empty = all others), households, households_estimated.
-- A building of one micro-grid counts as the register counts it today, a divided one as the plan divides it. Entrances
-- of the first stand alone where the register counts their homes and they are no more than the building's.
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id, ix_assignments_building_id_plan_id, ix_postings_entrance_id.
WITH homes AS MATERIALIZED (
    SELECT b.id, b.households, b.households_estimated
    FROM areas g
    JOIN buildings b ON b.grid_id = g.id AND b.households > 0
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)]
), posted AS MATERIALIZED (
    SELECT DISTINCT e.building_id, e.number, e.households
    FROM postings p
    JOIN entrances e ON e.id = p.entrance_id
    JOIN homes h ON h.id = e.building_id
    WHERE p.starts_on <= :on_date AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
), counted AS (
    SELECT d.building_id, sum(d.households)::int AS households
    FROM posted d
    JOIN homes h ON h.id = d.building_id
    WHERE d.households > 0
    GROUP BY d.building_id, h.households
    HAVING sum(d.households) <= h.households
), held AS (
    SELECT h.id, m.code, m.plan_id, d.number AS entrance_number, sum(a.households)::int AS households,
           bool_or(a.households_estimated) AS households_estimated,
           min(m.code) OVER (PARTITION BY h.id) <> max(m.code) OVER (PARTITION BY h.id) AS is_shared
    FROM homes h
    JOIN assignments a ON a.building_id = h.id
    JOIN micro_grids m ON m.id = a.micro_grid_id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    LEFT JOIN posted d ON d.building_id = h.id AND d.number = a.entrance_number
    GROUP BY h.id, m.code, m.plan_id, d.number
), whole AS (
    SELECT h.id, h.households, h.households_estimated, held.code, held.plan_id
    FROM homes h
    LEFT JOIN (SELECT DISTINCT id, code, plan_id, is_shared FROM held) held USING (id)
    WHERE held.is_shared IS NOT TRUE
)
SELECT id AS building_id, code AS micro_grid_code, plan_id, entrance_number, households, households_estimated
FROM held
WHERE is_shared AND households > 0
UNION ALL
SELECT w.id, w.code, w.plan_id, d.number, d.households, w.households_estimated
FROM whole w
JOIN counted ON counted.building_id = w.id
JOIN posted d ON d.building_id = w.id AND d.households > 0
UNION ALL
SELECT w.id, w.code, w.plan_id, NULL, w.households - coalesce(counted.households, 0), w.households_estimated
FROM whole w
LEFT JOIN counted ON counted.building_id = w.id
WHERE w.households > coalesce(counted.households, 0)
ORDER BY building_id, micro_grid_code, entrance_number
