-- The areas of an area, itself included, from the top down.
-- Parameters: area_id bigint.
-- Columns: id, code, level, name, name_en, parent_id (0 above the district), parent_code, depth (1: district).
-- Relies on ix_areas_lineage (GIN).
SELECT a.id, a.code, a.level, a.name, a.name_en, coalesce(a.parent_id, 0) AS parent_id, p.code AS parent_code,
       cardinality(a.lineage) AS depth
FROM areas a
LEFT JOIN areas p ON p.id = a.parent_id
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
ORDER BY depth, a.code
