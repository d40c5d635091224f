-- The hashes by which heat_issues tells words.
-- Parameters: words text[].
-- Columns: word, code.
-- Relies on nothing.
SELECT word, hashtextextended(word, 0) AS code FROM unnest(CAST(:words AS text[])) AS word
