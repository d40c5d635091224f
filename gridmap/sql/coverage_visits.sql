-- How often each building, or entrance, of an area was visited in a span of time.
-- Parameters: area_id bigint; level text (building, entrance); kind text (of the visits); starts_at, ends_at
--             timestamptz (half-open).
-- Columns: place_id, area_id (its grid), households (an entrance without a number shares what its building has left),
--          households_estimated, plan_id (empty), visits.
-- Buildings without homes are left out. A visit to the building as a whole counts for an entrance that is its only one.
-- Relies on ix_areas_lineage (GIN), ix_buildings_grid_id, ix_visits_building_id_kind_visited_at,
--           uq_entrances_building_id_number.
WITH homes AS MATERIALIZED (
    SELECT b.id, b.grid_id, b.households, b.households_estimated
    FROM areas g
    JOIN buildings b ON b.grid_id = g.id AND b.households > 0
    WHERE g.lineage @> ARRAY[CAST(:area_id AS bigint)] AND g.level = 'grid'
), done AS MATERIALIZED (
    SELECT v.building_id, v.entrance_id, count(*)::int AS visits
    FROM homes h
    JOIN visits v ON v.building_id = h.id AND v.kind = :kind
                 AND v.visited_at >= :starts_at AND v.visited_at < :ends_at
    GROUP BY v.building_id, v.entrance_id
), doors AS (
    SELECT e.id, e.building_id, h.grid_id, e.households, h.households AS homes, h.households_estimated,
           coalesce(sum(e.households) OVER same, 0) AS said,
           count(*) FILTER (WHERE e.households IS NULL) OVER same AS unsaid, count(*) OVER same AS doors,
           row_number() OVER (PARTITION BY e.building_id, e.households IS NULL ORDER BY e.number) AS place
    FROM homes h
    JOIN entrances e ON e.building_id = h.id
    WHERE :level = 'entrance'
    WINDOW same AS (PARTITION BY e.building_id)
), visited AS (
    SELECT building_id AS id, sum(visits)::int AS visits
    FROM done
    WHERE :level = 'building'
    GROUP BY building_id
    UNION ALL
    SELECT d.id, sum(v.visits)::int
    FROM doors d
    JOIN done v ON v.building_id = d.building_id AND (v.entrance_id = d.id OR (v.entrance_id IS NULL AND d.doors = 1))
    GROUP BY d.id
), places AS (
    SELECT id, grid_id, households, households_estimated FROM homes WHERE :level = 'building'
    UNION ALL
    SELECT id, grid_id,
           coalesce(households, greatest(homes - said, 0) / unsaid
               + CASE WHEN place <= greatest(homes - said, 0) % unsaid THEN 1 ELSE 0 END)::int,
           households_estimated OR households IS NULL
    FROM doors
)
SELECT p.id AS place_id, p.grid_id AS area_id, p.households, p.households_estimated, CAST(NULL AS bigint) AS plan_id,
       coalesce(v.visits, 0) AS visits
FROM places p
LEFT JOIN visited v USING (id)
ORDER BY place_id
