-- Let posts go on in the micro-grids of a plan; whoever is posted there on that day already stays so.
-- Parameters: staff_ids bigint[], codes text[], starts_on date[], ends_on date[] (side by side).
-- Columns: id (of each posting written).
-- Relies on uq_postings_staff_place_start and ix_postings_micro_grid_code.
INSERT INTO postings (staff_id, micro_grid_code, starts_on, ends_on)
SELECT staff_id, code, starts_on, ends_on
FROM unnest(CAST(:staff_ids AS bigint[]), CAST(:codes AS text[]), CAST(:starts_on AS date[]),
            CAST(:ends_on AS date[])) AS c (staff_id, code, starts_on, ends_on)
WHERE NOT EXISTS (
    SELECT FROM postings p
    WHERE p.staff_id = c.staff_id
      AND p.micro_grid_code = c.code
      AND p.starts_on <= c.starts_on
      AND (p.ends_on IS NULL OR p.ends_on >= c.starts_on)
)
ON CONFLICT DO NOTHING
RETURNING id
