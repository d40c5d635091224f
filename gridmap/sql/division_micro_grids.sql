-- What the micro-grids of some grids are in a plan besides their atoms: lock, colour, and who is posted there.
-- Parameters: plan_id bigint; grid_ids bigint[]; on_day date.
-- Columns: id, code, locked, colour, staff (text[], the posts that answer for this code on the day).
-- Relies on ix_micro_grids_grid_id and ix_postings_micro_grid_code.
SELECT m.id, m.code, m.locked, m.colour,
       ARRAY(SELECT DISTINCT s.code
             FROM postings p JOIN staff s ON s.id = p.staff_id
             WHERE p.micro_grid_code = m.code AND p.starts_on <= :on_day
               AND (p.ends_on IS NULL OR p.ends_on >= :on_day)
             ORDER BY s.code) AS staff
FROM micro_grids m
WHERE m.plan_id = :plan_id AND m.grid_id = ANY(CAST(:grid_ids AS bigint[]))
ORDER BY m.code
