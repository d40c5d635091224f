-- The doors of an area: the entrances of its buildings with homes, or the building itself where none has a place.
-- Parameters: area_id bigint.
-- Columns: building_id, entrance_number (0 = the building itself), grid_id, households (of an entrance: its own, else an
--          even share of what the others leave), households_estimated, lon, lat. Ordered by building, entrance.
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id, uq_entrances_building_id_number.
WITH doors AS (
    SELECT b.id AS building_id, b.grid_id, b.households AS homes, b.households_estimated, e.number, e.households,
           coalesce(e.geom, ST_PointOnSurface(b.geom)) AS spot,
           count(*) FILTER (WHERE e.households IS NULL) OVER same AS unsaid,
           coalesce(sum(e.households) OVER same, 0) AS said,
           row_number() OVER (PARTITION BY b.id, e.households IS NULL ORDER BY e.number) AS place
    FROM areas g
    JOIN buildings b ON b.grid_id = g.id AND b.households > 0
    LEFT JOIN entrances e ON e.building_id = b.id
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)] AND g.level = 'grid'
    WINDOW same AS (PARTITION BY b.id)
)
SELECT building_id, coalesce(number, 0) AS entrance_number, grid_id,
       CASE WHEN households IS NOT NULL THEN households
            ELSE greatest(homes - said, 0) / unsaid
                 + CASE WHEN place <= greatest(homes - said, 0) % unsaid THEN 1 ELSE 0 END
       END AS households,
       households_estimated OR households IS NULL AND number IS NOT NULL AS households_estimated,
       ST_X(spot) AS lon, ST_Y(spot) AS lat
FROM doors
ORDER BY building_id, number
