-- Writes the lineage (ids from the district down to itself) of the staged areas and of all that lies below them
-- anew where it has changed. Nothing else can have changed: an area's lineage follows from its ancestors alone.
-- Parameters: none. Returns: nothing. Relies on: uq_areas_code, pk_areas, ix_areas_parent_id.
WITH RECURSIVE moved AS MATERIALIZED (
    SELECT a.id, p.id AS parent_id, coalesce(p.lineage, '{}') AS above
    FROM staged_areas s
    JOIN areas a USING (code)
    LEFT JOIN areas p ON p.id = a.parent_id
),
-- A staged area below another staged one is reached from there.
lower AS MATERIALIZED (
    SELECT m.id FROM moved m
    CROSS JOIN LATERAL unnest(m.above || m.parent_id) AS up (id)
    JOIN moved other ON other.id = up.id
),
tree AS (
    SELECT m.id, m.above || m.id AS lineage FROM moved m WHERE m.id NOT IN (SELECT id FROM lower)
    UNION ALL
    SELECT a.id, tree.lineage || a.id FROM tree JOIN areas a ON a.parent_id = tree.id
)
UPDATE areas SET lineage = tree.lineage FROM tree
WHERE areas.id = tree.id AND areas.lineage IS DISTINCT FROM tree.lineage
