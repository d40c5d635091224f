-- The areas of an area, itself included, from the top down.
-- Parameters: area_id bigint.
-- Columns: id, code, level, name, name_en, parent_code, lineage.
-- Relies on ix_areas_lineage (GIN).
SELECT a.id, a.code, a.level, a.name, a.name_en, p.code AS parent_code, a.lineage
FROM areas a
LEFT JOIN areas p ON p.id = a.parent_id
WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
ORDER BY cardinality(a.lineage), a.code
