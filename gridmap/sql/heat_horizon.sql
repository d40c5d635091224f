-- Where a reader of issues stands: what is known to be there, and whose database it is.
-- Parameters: none.
-- Columns: place (this very table of this very database, on this server and in this of its
--          histories), gone (mark of the last issues taken away), all_before
--          (every transaction with a smaller id has ended), none_from (none with this id or a larger one has
--          begun), has_written (whether this transaction has written itself).
-- Relies on layer_changes being short.
SELECT (SELECT system_identifier FROM pg_control_system()) || ' '
           || (SELECT timeline_id FROM pg_control_checkpoint()) || ' '
           || (SELECT oid FROM pg_database WHERE datname = current_database()) || ' '
           || CAST('issues' AS regclass)::oid AS place,
       coalesce((SELECT md5(string_agg(mark::text, '' ORDER BY mark)) FROM layer_changes WHERE layer = 'issues_gone'),
                '') AS gone,
       CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS all_before,
       CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) AS none_from,
       pg_current_xact_id_if_assigned() IS NOT NULL AS has_written
