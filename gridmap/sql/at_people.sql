-- Who answers for a building, or for a micro-grid, on a day: posted to it, to a part of it, or to what it lies in.
-- Parameters: building_id, compound_id bigint (null = none); micro_grids text[] (codes, besides those of the building);
--             grid_id bigint or grid_code text (the other null); on_date date (local; a posting's last day is
--             included).
-- Columns: code, role, role_zh, role_en, organisation, duty_phone, place_kind (entrance, building, micro_grid, compound,
--          area), place (its code; of an entrance the building's id and the number); the nearest place first, of areas
--          the smaller, then the head of a micro-grid, then by role and code.
-- Relies on ix_postings_building_id, ix_postings_entrance_id, ix_postings_micro_grid_code, ix_postings_compound_id,
-- ix_postings_area_id, uq_entrances_building_id_number, ix_assignments_building_id_plan_id.
SELECT s.code, s.role, r.name_zh AS role_zh, r.name_en AS role_en, s.organisation, s.duty_phone, here.place_kind,
       here.place
FROM (
    SELECT p.staff_id, p.starts_on, p.ends_on, 1 AS nearness, 0 AS depth, 'entrance' AS place_kind,
           concat(e.building_id, '/', e.number) AS place
    FROM entrances e JOIN postings p ON p.entrance_id = e.id
    WHERE e.building_id = CAST(:building_id AS bigint)
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on, 2, 0, 'building', p.building_id::text
    FROM postings p
    WHERE p.building_id = CAST(:building_id AS bigint)
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on, 3, 0, 'micro_grid', p.micro_grid_code
    FROM postings p
    WHERE p.micro_grid_code = ANY(CAST(:micro_grids AS text[]) || ARRAY(
        SELECT m.code
        FROM assignments a JOIN micro_grids m ON m.id = a.micro_grid_id
        WHERE a.building_id = CAST(:building_id AS bigint) AND m.valid_from IS NOT NULL AND m.valid_to IS NULL))
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on, 4, 0, 'compound', c.code
    FROM compounds c JOIN postings p ON p.compound_id = c.id
    WHERE c.id = CAST(:compound_id AS bigint)
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on, 5, -cardinality(a.lineage), 'area', a.code
    FROM areas g
    JOIN areas a ON a.id = ANY(g.lineage)
    JOIN postings p ON p.area_id = a.id
    WHERE g.id = CAST(:grid_id AS bigint) OR g.code = CAST(:grid_code AS text)
) here
JOIN staff s ON s.id = here.staff_id
JOIN staff_roles r ON r.code = s.role
WHERE here.starts_on <= :on_date AND (here.ends_on IS NULL OR here.ends_on >= :on_date)
ORDER BY here.nearness, here.depth, s.role <> 'micro_grid_head', s.role, s.code
