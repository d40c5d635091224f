-- Buildings whose address is most like a text; whole house numbers that agree count besides.
-- Parameters: address text; numbers text[] (the numbers in it); area_ids bigint[] (inside these; null = anywhere);
--             at_most int.
-- Columns: id, name, address, lon, lat (a point inside), score (0 - 1); the best first.
-- Relies on ix_buildings_address_trgm (GIN); what is like enough is pg_trgm.word_similarity_threshold.
SELECT found.id, found.name, found.address, ST_X(found.point) AS lon, ST_Y(found.point) AS lat, found.score
FROM (
    SELECT b.id, b.name, b.address, b.point,
           0.7 * word_similarity(CAST(:address AS text), b.address)
           + 0.3 * coalesce((SELECT avg(CASE WHEN b.address ~ ('(^|[^0-9])' || n || '([^0-9]|$)') THEN 1.0 ELSE 0.0 END)
                             FROM unnest(CAST(:numbers AS text[])) n), 1.0) AS score
    FROM buildings b
    WHERE CAST(:address AS text) <% b.address
      AND (CAST(:area_ids AS bigint[]) IS NULL
           OR EXISTS (SELECT FROM areas a WHERE a.id = b.grid_id AND a.lineage && CAST(:area_ids AS bigint[])))
    ORDER BY score DESC, length(b.address), b.id
    LIMIT :at_most
) found
ORDER BY found.score DESC, length(found.address), found.id
