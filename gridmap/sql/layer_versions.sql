-- The version of every map layer that has ever changed.
-- Parameters: none.
-- Columns: layer, version (hash of the marks its changes have left).
-- Relies on layer_changes being short: a trigger takes marks older than an hour away.
SELECT layer, md5(string_agg(mark::text, '' ORDER BY mark)) AS version
FROM layer_changes
GROUP BY layer
