-- What each compound of an area is known to have.
-- Parameters: area_id bigint.
-- Columns: place_id, area_id (the grid that holds most of its homes), households (of the compound inside the
--          area), households_estimated, plan_id (empty), property_company, committee, branch (true, false; empty
--          = not known; no company on record = none).
-- Relies on ix_areas_lineage (GIN), ix_compound_grids_grid_id, ix_buildings_compound_id.
WITH held AS (
    SELECT h.compound_id, h.grid_id, h.households, sum(h.households) OVER same AS homes,
           row_number() OVER (PARTITION BY h.compound_id ORDER BY h.households DESC, h.grid_id) AS place
    FROM areas g
    JOIN compound_grids h ON h.grid_id = g.id
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)] AND g.level = 'grid'
    WINDOW same AS (PARTITION BY h.compound_id)
)
SELECT c.id AS place_id, held.grid_id AS area_id, held.homes::int AS households,
       EXISTS (SELECT FROM buildings b WHERE b.compound_id = c.id AND b.households_estimated)
           AS households_estimated,
       CAST(NULL AS bigint) AS plan_id,
       coalesce(trim(c.property_company), '') <> '' AS property_company, c.has_committee AS committee,
       c.has_branch AS branch
FROM held
JOIN compounds c ON c.id = held.compound_id
WHERE held.place = 1
ORDER BY place_id
