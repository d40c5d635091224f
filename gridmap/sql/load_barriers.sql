-- Writes the staged barriers.
-- Parameters: source. Returns: inserted, updated (rows that were equal are neither). Relies on: uq_barriers_source_source_id.
WITH written AS (
    INSERT INTO barriers (source, source_id, kind, class, name, geom, surface)
    SELECT :source, id, kind, coalesce(class, ''), coalesce(name, ''), geom, surface FROM staged_barriers
    ON CONFLICT (source, source_id) DO UPDATE
    SET kind = excluded.kind, class = excluded.class, name = excluded.name, geom = excluded.geom,
        surface = excluded.surface
    WHERE (barriers.kind, barriers.class, barriers.name, barriers.geom, barriers.surface)
        IS DISTINCT FROM (excluded.kind, excluded.class, excluded.name, excluded.geom, excluded.surface)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
