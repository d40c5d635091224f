-- Writes every area's lineage (ids from the district down to itself) anew where it has changed.
-- Parameters: none. Returns: nothing. Relies on: ix_areas_parent_id.
WITH RECURSIVE tree AS (
    SELECT id, ARRAY[id] AS lineage FROM areas WHERE parent_id IS NULL
    UNION ALL
    SELECT a.id, tree.lineage || a.id FROM areas a JOIN tree ON a.parent_id = tree.id
)
UPDATE areas SET lineage = tree.lineage FROM tree
WHERE areas.id = tree.id AND areas.lineage IS DISTINCT FROM tree.lineage
