-- Which parts of some notices a post has to reach: it received them, or answers for their micro-grid or building.
-- Parameters: notice_ids bigint[]; staff_id bigint; on_date date (local; a posting's last day is included).
-- Columns: id, notice_id, building_id, micro_grid_code, entrance_number, households, households_estimated, reached_at.
-- Who is posted to a single entrance has the homes of that entrance, where they were counted by themselves at sending.
-- Relies on uq_notice_parts_part, ix_notice_parts_building_id_notice_id, pk_notice_receivers,
--           uq_postings_staff_place_start (by staff_id), ix_buildings_compound_id, ix_buildings_grid_id.
WITH mine AS MATERIALIZED (
    SELECT micro_grid_code, building_id, compound_id, area_id, entrance_id
    FROM postings
    WHERE staff_id = :staff_id AND starts_on <= :on_date AND (ends_on IS NULL OR ends_on >= :on_date)
), codes AS MATERIALIZED (
    SELECT n.id AS notice_id, m.micro_grid_code
    FROM unnest(CAST(:notice_ids AS bigint[])) n(id), mine m
    WHERE m.micro_grid_code IS NOT NULL
    UNION
    SELECT notice_id, micro_grid_code
    FROM notice_receivers
    WHERE notice_id = ANY(CAST(:notice_ids AS bigint[])) AND staff_id = :staff_id
), doors AS MATERIALIZED (
    SELECT building_id AS id FROM mine WHERE building_id IS NOT NULL
    UNION
    SELECT b.id FROM mine m JOIN buildings b ON b.compound_id = m.compound_id
    UNION
    SELECT b.id
    FROM areas a
    JOIN buildings b ON b.grid_id = a.id
    WHERE a.lineage && (SELECT array_agg(area_id) FROM mine WHERE area_id IS NOT NULL)
), found AS (
    SELECT p.id FROM codes c JOIN notice_parts p USING (notice_id, micro_grid_code)
    UNION
    SELECT p.id
    FROM doors d
    JOIN notice_parts p ON p.building_id = d.id AND p.notice_id = ANY(CAST(:notice_ids AS bigint[]))
    UNION
    SELECT p.id
    FROM mine m
    JOIN entrances e ON e.id = m.entrance_id
    JOIN notice_parts p ON p.building_id = e.building_id AND p.entrance_number = e.number
                       AND p.notice_id = ANY(CAST(:notice_ids AS bigint[]))
)
SELECT p.id, p.notice_id, p.building_id, p.micro_grid_code, p.entrance_number, p.households, p.households_estimated,
       p.reached_at
FROM found
JOIN notice_parts p USING (id)
ORDER BY p.notice_id, p.building_id, p.entrance_number, p.micro_grid_code
