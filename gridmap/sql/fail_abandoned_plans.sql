-- Mark plans as failed that are said to be computing while nobody holds their lock.
-- Parameters: key int (first half of the advisory lock).
-- Columns: none; the row count says how many.
-- Relies on ix_plans_status.
UPDATE plans p
SET status = 'failed', message = '计算被中断,请重新生成。'
WHERE p.status = 'computing'
  AND NOT EXISTS (
      SELECT FROM pg_locks l
      WHERE l.locktype = 'advisory' AND l.classid = :key AND l.objid = p.id AND l.objsubid = 2
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  )
