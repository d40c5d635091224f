-- Writes the staged areas of one level; the levels are written from the top, so that parents are there.
-- Parameters: level.
-- Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_areas_code.
WITH written AS (
    INSERT INTO areas (code, level, kind, name, name_en, parent_id, lineage, geom)
    SELECT s.code, s.level, s.kind, s.name, s.name_en, p.id, '{}', s.geom
    FROM staged_areas s
    LEFT JOIN areas p ON p.code = s.parent_code
    WHERE s.level = :level
    ON CONFLICT (code) DO UPDATE
    SET level = excluded.level, kind = excluded.kind, name = excluded.name, name_en = excluded.name_en,
        parent_id = excluded.parent_id, geom = excluded.geom
    WHERE (areas.level, areas.kind, areas.name, areas.name_en, areas.parent_id, areas.geom)
        IS DISTINCT FROM (excluded.level, excluded.kind, excluded.name, excluded.name_en, excluded.parent_id, excluded.geom)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
