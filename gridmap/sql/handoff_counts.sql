-- The posts that have a hand-off list of a plan, with what it comes to; by code, which is no order of merit.
-- Parameters: plan_id bigint; area_id bigint (whose buildings or micro-grids are on the list; null = all); state text
--          (open, acknowledged, undecided; empty = all); after_code text; at_most int (null = all).
-- Columns: staff_id, code, role, role_zh, role_en, organisation, is_acknowledged, buildings_gained,
--          households_gained, buildings_lost, households_lost, is_estimate, undecided (codes of micro-grids whose
--          posting ended and is to be decided).
-- Relies on pk_handoffs, uq_handoff_parts_part and ix_areas_lineage (GIN).
WITH inside AS MATERIALIZED (
    SELECT id FROM areas WHERE lineage @> ARRAY[CAST(:area_id AS bigint)]
), listed AS MATERIALIZED (
    SELECT h.staff_id, s.code, s.role, s.organisation, h.acknowledged_at IS NOT NULL AS is_acknowledged,
           ARRAY(
               SELECT c.from_code FROM handoff_carries c
               WHERE c.plan_id = h.plan_id AND c.staff_id = h.staff_id AND c.outcome = 'undecided'
               ORDER BY c.from_code
           ) AS undecided
    FROM handoffs h
    JOIN staff s ON s.id = h.staff_id
    WHERE h.plan_id = :plan_id
      AND (CAST(:area_id AS bigint) IS NULL
           OR EXISTS (
               SELECT FROM handoff_parts p
               JOIN buildings b ON b.id = p.building_id
               WHERE p.plan_id = h.plan_id AND p.staff_id = h.staff_id AND b.grid_id IN (SELECT id FROM inside)
           )
           OR EXISTS (
               SELECT FROM handoff_carries c
               JOIN micro_grids m ON m.code = c.from_code AND m.valid_from IS NOT NULL
               WHERE c.plan_id = h.plan_id AND c.staff_id = h.staff_id AND m.grid_id IN (SELECT id FROM inside)
           ))
)
SELECT l.staff_id, l.code, l.role, r.name_zh AS role_zh, r.name_en AS role_en, l.organisation, l.is_acknowledged,
       coalesce(f.buildings_gained, 0) AS buildings_gained, coalesce(f.households_gained, 0) AS households_gained,
       coalesce(f.buildings_lost, 0) AS buildings_lost, coalesce(f.households_lost, 0) AS households_lost,
       coalesce(f.is_estimate, false) AS is_estimate, l.undecided
FROM listed l
JOIN staff_roles r ON r.code = l.role
LEFT JOIN LATERAL (
    SELECT count(DISTINCT p.building_id) FILTER (WHERE p.direction = 'gained') AS buildings_gained,
           sum(p.households) FILTER (WHERE p.direction = 'gained') AS households_gained,
           count(DISTINCT p.building_id) FILTER (WHERE p.direction = 'lost') AS buildings_lost,
           sum(p.households) FILTER (WHERE p.direction = 'lost') AS households_lost,
           bool_or(p.households_estimated AND p.households > 0) AS is_estimate
    FROM handoff_parts p
    WHERE p.plan_id = :plan_id AND p.staff_id = l.staff_id
) f ON true
WHERE l.code > :after_code
  AND CASE CAST(:state AS text)
          WHEN 'open' THEN NOT l.is_acknowledged
          WHEN 'acknowledged' THEN l.is_acknowledged
          WHEN 'undecided' THEN l.undecided <> '{}'
          ELSE true
      END
ORDER BY l.code
LIMIT :at_most
