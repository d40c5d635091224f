-- What publishing a plan would change against what everybody sees in its area.
-- Parameters: plan_id bigint, area_id bigint (the plan's area).
-- Columns: micro_grids_new, micro_grids_kept (same code), micro_grids_retired, households_moved (households
--          of whole buildings that come under another code; divided buildings count by their largest part).
-- Relies on ix_areas_lineage (GIN), ix_micro_grids_grid_id and ix_assignments_micro_grid_id.
WITH seen AS (
    SELECT m.id, m.code
    FROM areas a
    JOIN micro_grids m ON m.grid_id = a.id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
    WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)] AND a.level = 'grid'
), planned AS (
    SELECT id, code FROM micro_grids WHERE plan_id = :plan_id
), seen_at AS (
    SELECT DISTINCT ON (s.building_id) s.building_id, seen.code
    FROM seen JOIN assignments s ON s.micro_grid_id = seen.id
    ORDER BY s.building_id, s.households DESC, s.atom
), planned_at AS (
    SELECT DISTINCT ON (s.building_id) s.building_id, planned.code
    FROM planned JOIN assignments s ON s.micro_grid_id = planned.id
    ORDER BY s.building_id, s.households DESC, s.atom
)
SELECT (SELECT count(*) FROM planned WHERE code NOT IN (SELECT code FROM seen)) AS micro_grids_new,
       (SELECT count(*) FROM planned WHERE code IN (SELECT code FROM seen)) AS micro_grids_kept,
       (SELECT count(*) FROM seen WHERE code NOT IN (SELECT code FROM planned)) AS micro_grids_retired,
       (SELECT coalesce(sum(b.households), 0)
        FROM planned_at p
        JOIN seen_at s ON s.building_id = p.building_id AND s.code <> p.code
        JOIN buildings b ON b.id = p.building_id) AS households_moved
