-- Whether somebody is making an import: its advisory lock ends with the worker's transaction, however that ends.
-- Parameters: key int (first half of the lock), import_id bigint.
-- Columns: is_made.
-- Relies on there being few locks.
SELECT EXISTS (
    SELECT FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.classid = :key AND l.objid = :import_id AND l.objsubid = 2
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS is_made
