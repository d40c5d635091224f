-- Write down who has homes left to reach for a notice when a tier's time is up: once for each post and tier.
-- Parameters: notice_id bigint; tier text; due_at timestamptz.
-- Returns: staff_id of each post written down now; none the second time.
-- Relies on pk_notice_receivers, uq_notice_parts_part, uq_notice_reminders_notice_id_staff_id_tier.
INSERT INTO notice_reminders (notice_id, staff_id, tier, due_at, households_left)
SELECT :notice_id, r.staff_id, :tier, CAST(:due_at AS timestamptz), sum(p.households)
FROM notice_receivers r
JOIN notice_parts p ON p.notice_id = r.notice_id AND p.micro_grid_code = r.micro_grid_code AND p.reached_at IS NULL
WHERE r.notice_id = :notice_id
GROUP BY r.staff_id
ORDER BY r.staff_id
ON CONFLICT (notice_id, staff_id, tier) DO NOTHING
RETURNING staff_id
