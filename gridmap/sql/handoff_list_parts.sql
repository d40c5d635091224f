-- The parts of buildings on the hand-off lists of a plan, and the posts they are taken over from or handed over to.
-- Parameters: plan_ids bigint[], staff_ids bigint[] (side by side: whose lists).
-- Columns: plan_id, staff_id, building_id, name, address, compound (name), entrance_count, has_sections (nobody
--          counted the entrances), entrance, floor_from, floor_to, households, is_estimate, direction (gained, lost),
--          before, after (codes, null = none), others (codes of posts).
-- Relies on uq_handoff_parts_part, ix_handoff_parts_building_id and pk_buildings.
SELECT p.plan_id, p.staff_id, b.id AS building_id, b.name, b.address, coalesce(c.name, '') AS compound,
       b.entrance_count, b.entrances_estimated AS has_sections, p.entrance_number AS entrance, p.floor_from,
       p.floor_to, p.households, p.households_estimated AS is_estimate, p.direction, p.code_before AS before,
       p.code_after AS after,
       ARRAY(
           SELECT s.code
           FROM handoff_parts o
           JOIN staff s ON s.id = o.staff_id
           WHERE o.building_id = p.building_id
             AND o.plan_id = p.plan_id
             AND o.direction <> p.direction
             AND o.entrance_number IS NOT DISTINCT FROM p.entrance_number
             AND o.floor_from IS NOT DISTINCT FROM p.floor_from
           ORDER BY s.code
       ) AS others
FROM unnest(CAST(:plan_ids AS bigint[]), CAST(:staff_ids AS bigint[])) AS asked (plan_id, staff_id)
JOIN handoff_parts p ON p.plan_id = asked.plan_id AND p.staff_id = asked.staff_id
JOIN buildings b ON b.id = p.building_id
LEFT JOIN compounds c ON c.id = b.compound_id
ORDER BY p.plan_id, p.staff_id, p.id
