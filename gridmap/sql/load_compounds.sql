-- Writes the staged compounds.
-- Parameters: none. Returns: inserted, updated (rows that were equal are neither). Relies on: uq_compounds_code.
WITH written AS (
    INSERT INTO compounds (code, name, kind, property_company, geom)
    SELECT code, name, kind, property_company, geom FROM staged_compounds
    ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, kind = excluded.kind, property_company = excluded.property_company, geom = excluded.geom
    WHERE (compounds.name, compounds.kind, compounds.property_company, compounds.geom)
        IS DISTINCT FROM (excluded.name, excluded.kind, excluded.property_company, excluded.geom)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
