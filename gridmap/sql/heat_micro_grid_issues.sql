-- The issues behind one published micro-grid's count, by the rule of heat_micro_grids.
-- Parameters: code text; starts_at, ends_at timestamptz (half-open); category text (empty text = all);
--             after_id bigint (last id already seen, 0 = from the start); at_most int.
-- Columns: id, category, state, reported_at; in the order of id.
-- Relies on uq_micro_grids_current_code, ix_assignments_micro_grid_id, ix_assignments_building_id_plan_id,
-- ix_issues_building_id, idx_issues_geom (GiST).
WITH cell AS MATERIALIZED (
    SELECT id, plan_id, grid_id, geom
    FROM micro_grids
    WHERE code = :code AND valid_from IS NOT NULL AND valid_to IS NULL
), here AS MATERIALIZED (
    SELECT DISTINCT a.building_id FROM cell JOIN assignments a ON a.micro_grid_id = cell.id
), candidates AS MATERIALIZED (
    SELECT i.id, i.category, i.state, i.reported_at, i.building_id, i.entrance_number, i.floor, i.geom
    FROM here
    JOIN issues i ON i.building_id = here.building_id AND i.flags = '{}'
    UNION
    SELECT i.id, i.category, i.state, i.reported_at, i.building_id, i.entrance_number, i.floor, i.geom
    FROM cell
    JOIN issues i ON ST_Intersects(cell.geom, i.geom) AND i.flags = '{}'
), placed AS (
    SELECT i.*, part.cell_id
    FROM candidates i
    LEFT JOIN LATERAL (
        SELECT CASE WHEN min(a.micro_grid_id) = max(a.micro_grid_id) THEN min(a.micro_grid_id) END AS cell_id
        FROM assignments a
        JOIN micro_grids m ON m.id = a.micro_grid_id AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
        WHERE a.building_id = i.building_id
          AND coalesce(a.entrance_number = i.entrance_number, true)
          AND coalesce(i.floor BETWEEN a.floor_from AND a.floor_to, true)
    ) part ON true
)
SELECT id, category, state, reported_at
FROM placed
WHERE reported_at >= CAST(:starts_at AS timestamptz)
  AND reported_at < CAST(:ends_at AS timestamptz)
  AND (CAST(:category AS text) = '' OR category = :category)
  AND id > :after_id
  AND coalesce(cell_id, (
        SELECT min(m.id)
        FROM micro_grids m
        WHERE ST_Intersects(m.geom, placed.geom) AND m.valid_from IS NOT NULL AND m.valid_to IS NULL
      )) = (SELECT id FROM cell)
ORDER BY id
LIMIT :at_most
