-- Who still has homes to reach for a notice, and which tier has to call them; whom nobody took it to comes first.
-- Parameters: notice_id bigint; area_ids bigint[] (only homes in these; null = all).
-- Columns: tier (empty: nobody answers for the micro-grid), staff_code, role_zh, role_en, organisation, phone (of the
--          post, else of its station or role), micro_grids (codes), grid_name, grid_name_en, households,
--          households_left, acknowledged_at, due_at.
-- Relies on uq_notice_parts_part, pk_notice_receivers, uq_notice_reminders_notice_id_staff_id_tier.
WITH homes AS MATERIALIZED (
    SELECT p.micro_grid_code, min(p.building_id) AS building_id, sum(p.households)::int AS households,
           coalesce(sum(p.households) FILTER (WHERE p.reached_at IS NULL), 0)::int AS households_left
    FROM notice_parts p
    WHERE p.notice_id = :notice_id
      AND (CAST(:area_ids AS bigint[]) IS NULL OR EXISTS (
          SELECT FROM buildings b JOIN areas g ON g.id = b.grid_id
          WHERE b.id = p.building_id AND g.lineage && CAST(:area_ids AS bigint[])))
    GROUP BY p.micro_grid_code
), told AS (
    SELECT DISTINCT ON (staff_id) staff_id, tier, due_at
    FROM notice_reminders
    WHERE notice_id = :notice_id
    ORDER BY staff_id, due_at DESC
), calls AS (
    SELECT told.tier, told.due_at, r.staff_id, array_agg(r.micro_grid_code ORDER BY r.micro_grid_code) AS micro_grids,
           min(homes.building_id) AS building_id, sum(homes.households)::int AS households,
           sum(homes.households_left)::int AS households_left, min(r.acknowledged_at) AS acknowledged_at
    FROM told
    JOIN notice_receivers r ON r.notice_id = :notice_id AND r.staff_id = told.staff_id
    JOIN homes USING (micro_grid_code)
    GROUP BY told.tier, told.due_at, r.staff_id
    HAVING sum(homes.households_left) > 0
    UNION ALL
    SELECT NULL, NULL, NULL, ARRAY[homes.micro_grid_code], homes.building_id, homes.households,
           homes.households_left, NULL
    FROM homes
    WHERE homes.micro_grid_code IS NOT NULL AND homes.households_left > 0
      AND NOT EXISTS (SELECT 1 FROM notice_receivers r
                      WHERE r.notice_id = :notice_id AND r.micro_grid_code = homes.micro_grid_code)
)
SELECT c.tier, s.code AS staff_code, o.name_zh AS role_zh, o.name_en AS role_en,
       coalesce(s.organisation, '') AS organisation, coalesce(s.duty_phone, t.phone, o.duty_phone) AS phone,
       c.micro_grids, g.name AS grid_name, g.name_en AS grid_name_en,
       c.households, c.households_left, c.acknowledged_at, c.due_at
FROM calls c
JOIN buildings b ON b.id = c.building_id
LEFT JOIN areas g ON g.id = b.grid_id
LEFT JOIN staff s ON s.id = c.staff_id
LEFT JOIN staff_roles o ON o.code = s.role
LEFT JOIN stations t ON t.id = s.station_id
ORDER BY array_position(ARRAY['street', 'community', 'compound'], c.tier) NULLS FIRST, c.micro_grids, s.code
