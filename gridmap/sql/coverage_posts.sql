-- How many people of some roles are posted to each place of a level in an area.
-- Parameters: area_id bigint; level text (micro_grid, building, entrance, compound, grid, community, street,
--             district); roles text[]; on_date date (a posting's last day is included);
--             at timestamptz (micro-grids are those of the plan in force then);
--             through text[], levels of areas whose postings count for every place in them.
-- Columns: place_id, area_id (the area, or the grid it lies in), households, households_estimated, plan_id,
--          posts. Buildings without homes are no places; an entrance has its own homes, else an even share; a
--          compound counts in the grid that holds most of its homes in the area.
-- Relies on ix_areas_lineage (GIN), ix_micro_grids_grid_id, ix_buildings_grid_id,
--           uq_entrances_building_id_number, ix_compound_grids_grid_id, ix_staff_role.
WITH posted AS MATERIALIZED (
    SELECT p.staff_id, p.area_id, p.micro_grid_code, p.compound_id, p.building_id, p.entrance_id
    FROM staff s
    JOIN postings p ON p.staff_id = s.id
    WHERE s.role = ANY(CAST(:roles AS text[]))
      AND p.starts_on <= :on_date
      AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
), below AS MATERIALIZED (
    SELECT a.id, a.level, a.lineage
    FROM areas a
    WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
), homes AS MATERIALIZED (
    SELECT b.id, b.grid_id, b.households, b.households_estimated
    FROM below g
    JOIN buildings b ON b.grid_id = g.id AND b.households > 0
    WHERE g.level = 'grid' AND :level NOT IN ('micro_grid', 'compound')
), doors AS (
    SELECT e.id, e.building_id, h.grid_id, e.number, e.households, h.households AS homes,
           h.households_estimated, coalesce(sum(e.households) OVER same, 0) AS said,
           count(*) FILTER (WHERE e.households IS NULL) OVER same AS unsaid,
           row_number() OVER (PARTITION BY e.building_id, e.households IS NULL ORDER BY e.number) AS place
    FROM homes h
    JOIN entrances e ON e.building_id = h.id
    WHERE :level = 'entrance'
    WINDOW same AS (PARTITION BY e.building_id)
), sums AS (
    SELECT inside.id, sum(h.households)::int AS households, bool_or(h.households_estimated) AS estimated
    FROM homes h
    JOIN areas g ON g.id = h.grid_id
    CROSS JOIN LATERAL unnest(g.lineage) AS inside (id)
    WHERE :level NOT IN ('building', 'entrance')
    GROUP BY inside.id
), estates AS (
    SELECT h.compound_id, h.grid_id, sum(h.households) OVER same AS homes,
           row_number() OVER (PARTITION BY h.compound_id ORDER BY h.households DESC, h.grid_id) AS place
    FROM below g
    JOIN compound_grids h ON h.grid_id = g.id
    WHERE g.level = 'grid' AND :level = 'compound'
    WINDOW same AS (PARTITION BY h.compound_id)
), places AS MATERIALIZED (
    SELECT m.id, m.code, m.grid_id AS area_id, m.households, m.households_estimated AS estimated, m.plan_id
    FROM below g
    JOIN micro_grids m ON m.grid_id = g.id AND m.valid_from <= :at AND (m.valid_to IS NULL OR m.valid_to > :at)
    WHERE :level = 'micro_grid' AND g.level = 'grid'
    UNION ALL
    SELECT id, NULL, grid_id, households, households_estimated, NULL FROM homes WHERE :level = 'building'
    UNION ALL
    SELECT id, NULL, grid_id,
           coalesce(households, greatest(homes - said, 0) / unsaid
               + CASE WHEN place <= greatest(homes - said, 0) % unsaid THEN 1 ELSE 0 END)::int,
           households_estimated OR households IS NULL, NULL
    FROM doors
    UNION ALL
    SELECT compound_id, NULL, grid_id, homes::int,
           EXISTS (SELECT FROM buildings b WHERE b.compound_id = e.compound_id AND b.households_estimated), NULL
    FROM estates e
    WHERE place = 1
    UNION ALL
    SELECT a.id, NULL, a.id, coalesce(s.households, 0), coalesce(s.estimated, false), NULL
    FROM below a
    LEFT JOIN sums s ON s.id = a.id
    WHERE a.level = :level
), held AS MATERIALIZED (
    SELECT b.id, p.staff_id
    FROM posted p
    JOIN areas a ON a.id = p.area_id AND a.level = ANY(CAST(:through AS text[]))
    JOIN below b ON a.id = ANY(b.lineage)
), named AS (
    SELECT l.id, p.staff_id FROM places l JOIN posted p ON p.micro_grid_code = l.code
    UNION ALL
    SELECT l.id, p.staff_id FROM places l JOIN posted p ON p.building_id = l.id WHERE :level = 'building'
    UNION ALL
    SELECT l.id, p.staff_id FROM places l JOIN posted p ON p.entrance_id = l.id WHERE :level = 'entrance'
    UNION ALL
    SELECT l.id, p.staff_id FROM places l JOIN posted p ON p.compound_id = l.id WHERE :level = 'compound'
    UNION ALL
    SELECT l.id, p.staff_id FROM places l JOIN posted p ON p.area_id = l.id
    WHERE :level NOT IN ('micro_grid', 'building', 'entrance', 'compound')
    UNION ALL
    SELECT l.id, h.staff_id FROM places l JOIN held h ON h.id = l.area_id
), counted AS (
    SELECT id, count(DISTINCT staff_id)::int AS posts FROM named GROUP BY id
)
SELECT l.id AS place_id, l.area_id, l.households, l.estimated AS households_estimated, l.plan_id,
       coalesce(c.posts, 0) AS posts
FROM places l
LEFT JOIN counted c USING (id)
ORDER BY place_id
