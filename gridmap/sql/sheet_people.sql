-- Who answers for the micro-grids of a plan in one area on a day: for the micro-grid itself, for a building,
-- entrance or compound it holds, or for an area around it.
-- Parameters: plan_id bigint; area_id bigint; on_date date.
-- Columns: micro_grid (code), code (of the post), role_zh, role_en, organisation, duty_phone, place_kind
--          (micro_grid, building, entrance, compound, area), place (name; of an entrance the building and its
--          number), rank (order of place_kind; within areas the smaller one first). A post comes once a place,
--          a micro-grid's own head before others who answer for it.
-- Relies on ix_areas_lineage (GIN), ix_assignments_micro_grid_id and the indexes of postings by place.
WITH grids AS MATERIALIZED (
    SELECT m.id, m.code, a.lineage
    FROM micro_grids m
    JOIN areas a ON a.id = m.grid_id
    WHERE m.plan_id = :plan_id
      AND a.lineage @> ARRAY[CAST(:area_id AS bigint)]
), parts AS MATERIALIZED (
    SELECT DISTINCT g.code, s.building_id, s.entrance_number, b.compound_id,
           coalesce(nullif(b.name, ''), nullif(b.address, ''), b.source_id) AS building
    FROM grids g
    JOIN assignments s ON s.micro_grid_id = g.id
    JOIN buildings b ON b.id = s.building_id
    WHERE s.households > 0
), posted AS (
    SELECT g.code, p.id AS posting_id, 'micro_grid' AS place_kind, g.code AS place, 0 AS rank
    FROM grids g
    JOIN postings p ON p.micro_grid_code = g.code
    UNION
    SELECT t.code, p.id, 'building', t.building, 1
    FROM parts t
    JOIN postings p ON p.building_id = t.building_id
    UNION
    SELECT t.code, p.id, 'entrance', t.building || ' ' || e.number, 2
    FROM parts t
    JOIN entrances e ON e.building_id = t.building_id
        AND (t.entrance_number IS NULL OR e.number = t.entrance_number)
    JOIN postings p ON p.entrance_id = e.id
    UNION
    SELECT t.code, p.id, 'compound', c.name, 3
    FROM parts t
    JOIN compounds c ON c.id = t.compound_id
    JOIN postings p ON p.compound_id = c.id
    UNION
    SELECT g.code, p.id, 'area', a.name, 10 - cardinality(a.lineage)
    FROM grids g
    JOIN areas a ON a.id = ANY(g.lineage)
    JOIN postings p ON p.area_id = a.id
)
SELECT o.code AS micro_grid, s.code, r.name_zh AS role_zh, r.name_en AS role_en, s.organisation,
       coalesce(s.duty_phone, '') AS duty_phone, o.place_kind, o.place, o.rank
FROM posted o
JOIN postings p ON p.id = o.posting_id
JOIN staff s ON s.id = p.staff_id
JOIN staff_roles r ON r.code = s.role
WHERE p.starts_on <= :on_date
  AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
ORDER BY o.code, o.rank, s.role <> 'micro_grid_head', s.role, s.code, o.place
