-- Imports that are not over and that no job will make any more.
-- Parameters: none.
-- Columns: id.
-- Relies on imports and jobs that are not over being few.
SELECT i.id
FROM plan_imports i
WHERE i.status IN ('waiting', 'working')
  AND NOT EXISTS (
      SELECT FROM procrastinate_jobs j
      WHERE j.task_name = 'import_plan' AND j.status IN ('todo', 'doing')
        AND CAST(j.args ->> 'import_id' AS bigint) = i.id
  )
