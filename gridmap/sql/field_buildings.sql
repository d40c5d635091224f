-- Which buildings a post answers for on a day, the nearest postings first.
-- Parameters: staff_id bigint; on_date date (local; a posting's last day is included); at_most int (null = all).
-- Columns: building_id, nearness (1 entrance or building, 2 micro-grid, 3 compound, 4 area), found (how many there are).
-- Relies on uq_postings_staff_place_start (by staff_id), uq_micro_grids_current_code, ix_assignments_micro_grid_id,
--           ix_buildings_compound_id, ix_areas_lineage (GIN), ix_buildings_grid_id.
WITH mine AS MATERIALIZED (
    SELECT area_id, micro_grid_code, compound_id, building_id, entrance_id
    FROM postings
    WHERE staff_id = :staff_id AND starts_on <= :on_date AND (ends_on IS NULL OR ends_on >= :on_date)
), found AS (
    SELECT building_id, 1 AS nearness FROM mine WHERE building_id IS NOT NULL
    UNION ALL
    SELECT e.building_id, 1 FROM mine JOIN entrances e ON e.id = mine.entrance_id
    UNION ALL
    SELECT a.building_id, 2
    FROM mine
    JOIN micro_grids m ON m.code = mine.micro_grid_code AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    JOIN assignments a ON a.micro_grid_id = m.id
    UNION ALL
    SELECT b.id, 3 FROM mine JOIN buildings b ON b.compound_id = mine.compound_id
    UNION ALL
    SELECT b.id, 4
    FROM areas g
    JOIN buildings b ON b.grid_id = g.id
    WHERE g.lineage && (SELECT array_agg(area_id) FROM mine WHERE area_id IS NOT NULL)
), once AS (
    SELECT building_id, min(nearness) AS nearness FROM found GROUP BY building_id
)
SELECT building_id, nearness, count(*) OVER () AS found
FROM once
ORDER BY nearness, building_id
LIMIT CAST(:at_most AS int)
