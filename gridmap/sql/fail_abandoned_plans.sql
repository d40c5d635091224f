-- Mark plans as failed that are said to be computing while nobody holds their lock and no job waits to make them.
-- Parameters: key int (first half of the advisory lock).
-- Columns: id (of each plan marked).
-- Relies on ix_plans_status.
UPDATE plans p
SET status = 'failed',
    message = coalesce(nullif(message, ''), '计算被中断。可用 gridmap plan resume 继续,或重新生成。')
WHERE p.status = 'computing'
  AND p.created_at < now() - interval '1 minute'  -- who made it has had the time to take its lock
  AND NOT EXISTS (
      SELECT FROM pg_locks l
      WHERE l.locktype = 'advisory' AND l.classid = :key AND l.objid = p.id AND l.objsubid = 2
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  )
  -- One that still waits in the queue, or waits there again after its worker died, is not abandoned.
  AND NOT EXISTS (
      SELECT FROM procrastinate_jobs j
      WHERE j.task_name = 'compute_plan' AND j.status IN ('todo', 'doing')
        AND CAST(j.args ->> 'plan_id' AS bigint) = p.id
  )
RETURNING p.id
