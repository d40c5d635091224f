-- Who is to take a notice round for some micro-grids: the posts of each; where it has none, those of its grid.
-- Parameters: codes text[] (of the published plans); on_date date (local; a posting's last day is included).
-- Columns: micro_grid_code, staff_id.
-- Relies on ix_postings_micro_grid_code, uq_micro_grids_current_code, ix_postings_area_id.
WITH direct AS MATERIALIZED (
    SELECT DISTINCT p.micro_grid_code, p.staff_id
    FROM postings p
    WHERE p.micro_grid_code = ANY(CAST(:codes AS text[]))
      AND p.starts_on <= :on_date AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
)
SELECT micro_grid_code, staff_id FROM direct
UNION
SELECT m.code, p.staff_id
FROM micro_grids m
JOIN postings p ON p.area_id = m.grid_id
               AND p.starts_on <= :on_date AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
JOIN staff s ON s.id = p.staff_id
JOIN staff_roles r ON r.code = s.role AND r.tier IN ('compound', 'community')
WHERE m.code = ANY(CAST(:codes AS text[])) AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
  AND NOT EXISTS (SELECT 1 FROM direct d WHERE d.micro_grid_code = m.code)
ORDER BY micro_grid_code, staff_id
