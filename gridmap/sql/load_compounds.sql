-- Writes the staged compounds.
-- Parameters: none. Returns: inserted, updated (rows that were equal are neither). Relies on: uq_compounds_code.
WITH written AS (
    INSERT INTO compounds (code, name, kind, property_company, has_committee, has_branch, geom)
    SELECT code, name, kind, property_company, has_committee = 'yes', has_branch = 'yes', geom FROM staged_compounds
    ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, kind = excluded.kind, property_company = excluded.property_company,
        has_committee = excluded.has_committee, has_branch = excluded.has_branch, geom = excluded.geom
    WHERE (compounds.name, compounds.kind, compounds.property_company, compounds.has_committee,
           compounds.has_branch, compounds.geom)
        IS DISTINCT FROM (excluded.name, excluded.kind, excluded.property_company, excluded.has_committee,
                          excluded.has_branch, excluded.geom)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
