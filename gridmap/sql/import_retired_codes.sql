-- Codes of a draft that were published once and are no longer in use.
-- Parameters: plan_id bigint; grid_ids bigint[].
-- Columns: code.
-- Relies on uq_micro_grids_plan_id_code and ix_micro_grids_grid_id.
SELECT m.code
FROM micro_grids m
JOIN (
    SELECT u.code
    FROM micro_grids u
    WHERE u.grid_id = ANY(CAST(:grid_ids AS bigint[]))
      AND u.valid_from IS NOT NULL
    GROUP BY u.code
    HAVING bool_and(u.valid_to IS NOT NULL)
) once ON once.code = m.code
WHERE m.plan_id = :plan_id
ORDER BY m.code
