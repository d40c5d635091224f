-- What a grid's micro-grids are in a plan besides their atoms: lock, colour, and how many people are posted there.
-- Parameters: plan_id bigint; grid_id bigint; on_day date.
-- Columns: id, code, locked, colour, staff (people posted to this code on the day).
-- Relies on ix_micro_grids_grid_id and ix_postings_micro_grid_code.
SELECT m.id, m.code, m.locked, m.colour,
       (SELECT count(DISTINCT p.staff_id) FROM postings p
        WHERE p.micro_grid_code = m.code AND p.starts_on <= :on_day
          AND (p.ends_on IS NULL OR p.ends_on >= :on_day)) AS staff
FROM micro_grids m
WHERE m.plan_id = :plan_id AND m.grid_id = :grid_id
ORDER BY m.code
