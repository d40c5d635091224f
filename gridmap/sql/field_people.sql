-- Who answers for some buildings on a day, each person once for each place: a building, a micro-grid, a compound, a grid.
-- Parameters: building_ids, compound_ids, grid_ids bigint[]; micro_grids text[] (codes); on_date date (local; a posting's
--             last day is included).
-- Columns: level (entrance, building, micro_grid, compound, grid, community, street, district), place (id of the building,
--          compound or grid the posting reaches; code of the micro-grid), code, role, duty_phone (of the post, else of its
--          station, else of its role); the nearest level first, heads of a micro-grid before others.
-- A few people are looked up one by one (OFFSET 0): guessed at as many, they would be looked for in the whole staff.
-- Relies on ix_postings_building_id, ix_postings_entrance_id, ix_postings_micro_grid_code, ix_postings_compound_id,
--           ix_postings_area_id, uq_entrances_building_id_number, pk_staff.
SELECT here.level, here.place, s.code, s.role, s.duty_phone
FROM (
    SELECT p.staff_id, p.starts_on, p.ends_on, 1 AS nearness, 'entrance' AS level, e.building_id::text AS place
    FROM entrances e JOIN postings p ON p.entrance_id = e.id
    WHERE e.building_id = ANY(CAST(:building_ids AS bigint[]))
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on, 2, 'building', p.building_id::text
    FROM postings p
    WHERE p.building_id = ANY(CAST(:building_ids AS bigint[]))
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on, 3, 'micro_grid', p.micro_grid_code
    FROM postings p
    WHERE p.micro_grid_code = ANY(CAST(:micro_grids AS text[]))
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on, 4, 'compound', p.compound_id::text
    FROM postings p
    WHERE p.compound_id = ANY(CAST(:compound_ids AS bigint[]))
    UNION ALL
    SELECT p.staff_id, p.starts_on, p.ends_on, 9 - cardinality(a.lineage), a.level, g.id::text
    FROM areas g
    JOIN areas a ON a.id = ANY(g.lineage)
    JOIN postings p ON p.area_id = a.id
    WHERE g.id = ANY(CAST(:grid_ids AS bigint[]))
) here
CROSS JOIN LATERAL (
    SELECT p.code, p.role, coalesce(p.duty_phone, t.phone, r.duty_phone) AS duty_phone
    FROM staff p
    JOIN staff_roles r ON r.code = p.role
    LEFT JOIN stations t ON t.id = p.station_id
    WHERE p.id = here.staff_id
    OFFSET 0
) s
WHERE here.starts_on <= :on_date AND (here.ends_on IS NULL OR here.ends_on >= :on_date)
ORDER BY here.nearness, s.role <> 'micro_grid_head', s.role, s.code
