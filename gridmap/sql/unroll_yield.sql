-- Takes out of what is wanted whatever meets a single shift, a shift that has begun, or an older pattern of the
-- same person.
-- Parameters: now timestamptz. Returns: nothing.
-- Relies on: uq_shifts_staff_id_starts_at, the index on wanted_shifts.
DELETE FROM wanted_shifts w
WHERE EXISTS (
    SELECT FROM shifts s
    WHERE s.staff_id = w.staff_id AND (s.pattern_id IS NULL OR s.starts_at <= :now)
      AND s.starts_at < w.ends_at AND s.ends_at > w.starts_at
) OR EXISTS (
    SELECT FROM wanted_shifts o
    WHERE o.staff_id = w.staff_id AND o.pattern_id < w.pattern_id
      AND o.starts_at < w.ends_at AND o.ends_at > w.starts_at
)
