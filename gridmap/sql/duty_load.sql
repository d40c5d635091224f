-- How much is open where some staff are posted: issues that are not closed, counted once for each of them.
-- Parameters: staff_ids bigint[]; on_date date (local; a posting's last day is included); closed text[] (states).
-- Columns: staff_id, open_issues; staff with none are missing.
-- A matter belongs to a building or an entrance by what was reported of it, to a micro-grid or a compound through its
-- building, to an area by its grid; a posting to a station has none.
-- Relies on uq_postings_staff_place_start, ix_issues_building_id, ix_issues_grid_id.
WITH posted AS MATERIALIZED (
    SELECT staff_id, area_id, micro_grid_code, compound_id, building_id, entrance_id
    FROM postings
    WHERE staff_id = ANY(CAST(:staff_ids AS bigint[]))
      AND starts_on <= :on_date AND (ends_on IS NULL OR ends_on >= :on_date)
),
inside AS MATERIALIZED (
    SELECT posted.staff_id, posted.building_id FROM posted WHERE posted.building_id IS NOT NULL
    UNION
    SELECT posted.staff_id, b.id FROM posted JOIN buildings b ON b.compound_id = posted.compound_id
    UNION
    SELECT posted.staff_id, s.building_id
    FROM posted
    JOIN micro_grids m ON m.code = posted.micro_grid_code AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    JOIN assignments s ON s.micro_grid_id = m.id
)
SELECT staff_id, count(*) AS open_issues
FROM (
    SELECT inside.staff_id, i.id
    FROM inside JOIN issues i ON i.building_id = inside.building_id
    WHERE i.state <> ALL(CAST(:closed AS text[]))
    UNION
    SELECT posted.staff_id, i.id
    FROM posted JOIN entrances e ON e.id = posted.entrance_id
    JOIN issues i ON i.building_id = e.building_id AND i.entrance_number = e.number
    WHERE i.state <> ALL(CAST(:closed AS text[]))
    UNION
    SELECT posted.staff_id, i.id
    FROM posted JOIN areas a ON a.lineage @> ARRAY[posted.area_id]
    JOIN issues i ON i.grid_id = a.id
    WHERE i.state <> ALL(CAST(:closed AS text[]))
) matters
GROUP BY staff_id
