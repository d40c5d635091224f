-- Keep for a plan from outside what the engine proved of another one that divides a grid in just the same way, by
-- the same rules, over the same neighbours.
-- Parameters: plan_id bigint.
-- Returns: nothing.
-- Relies on uq_micro_grids_plan_id_code, ix_assignments_building_id_plan_id and ix_graph_edits_grid_id.
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT ON (n.code) n.grid_id, n.code, p.kind, p.households, p.plan_id AS other_id
    FROM micro_grids n
    JOIN plans o ON o.id = n.plan_id
    JOIN plan_proofs p ON p.micro_grid_code = n.code AND p.households = n.households AND p.plan_id <> n.plan_id
    JOIN plans q ON q.id = p.plan_id AND q.rules = o.rules
    WHERE n.plan_id = :plan_id
      AND n.status <> 'in_band'
      AND NOT EXISTS (SELECT FROM graph_edits e WHERE e.grid_id = n.grid_id AND e.created_at > q.created_at)
      AND NOT EXISTS (
          -- What lives somewhere in one of the two and not in the other.
          SELECT
          FROM buildings b
          CROSS JOIN LATERAL (
              SELECT s.atom, s.households, m.code
              FROM assignments s
              LEFT JOIN micro_grids m ON m.id = s.micro_grid_id
              WHERE s.building_id = b.id AND s.plan_id IN (n.plan_id, p.plan_id) AND s.households > 0
              GROUP BY s.atom, s.households, m.code
              HAVING count(*) <> 2
          ) apart
          WHERE b.grid_id = n.grid_id
      )
    ORDER BY n.code, p.plan_id DESC
)
INSERT INTO plan_proofs (plan_id, micro_grid_code, kind, households)
SELECT :plan_id, w.code, w.kind, w.households
FROM wanted w
ON CONFLICT DO NOTHING
