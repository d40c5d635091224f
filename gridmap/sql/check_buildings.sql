-- Which staged buildings name a compound that is not there.
-- Parameters: none. Returns: part, number, column_name, reason, value, hint. Relies on: uq_compounds_code.
SELECT s.part, s.number, 'compound_code' AS column_name, 'unknown_compound' AS reason, s.compound_code AS value,
       '' AS hint
FROM staged_buildings s
LEFT JOIN compounds c ON c.code = s.compound_code
WHERE s.compound_code IS NOT NULL AND c.id IS NULL
ORDER BY s.part, s.number
