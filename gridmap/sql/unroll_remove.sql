-- Removes the shifts to come that no pattern wants any more; what has begun and what is single stays.
-- Parameters: now timestamptz; staff_ids bigint[] (NULL = everybody). Returns: one row a shift removed.
-- Relies on: ix_shifts_pattern_id, ix_shifts_starts_at, the index on wanted_shifts.
DELETE FROM shifts s
WHERE s.pattern_id IS NOT NULL AND s.starts_at > :now
  AND (CAST(:staff_ids AS bigint[]) IS NULL OR s.staff_id = ANY (CAST(:staff_ids AS bigint[])))
  AND NOT EXISTS (
      SELECT FROM wanted_shifts w
      WHERE w.staff_id = s.staff_id AND w.starts_at = s.starts_at AND w.ends_at = s.ends_at
        AND w.pattern_id = s.pattern_id AND w.station_id IS NOT DISTINCT FROM s.station_id
        AND w.area_id IS NOT DISTINCT FROM s.area_id
  )
RETURNING s.id
