-- Writes the staged stations with the grid they stand in.
-- Parameters: none. Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_stations_code, idx_areas_geom.
WITH written AS (
    INSERT INTO stations (code, name, kind, phone, grid_id, geom)
    SELECT s.code, s.name, s.kind, s.phone, (
        SELECT a.id FROM areas a WHERE a.level = 'grid' AND ST_Covers(a.geom, s.geom) ORDER BY a.code LIMIT 1
    ), s.geom
    FROM staged_stations s
    ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, kind = excluded.kind, phone = excluded.phone, grid_id = excluded.grid_id,
        geom = excluded.geom
    WHERE (stations.name, stations.kind, stations.phone, stations.grid_id, stations.geom)
        IS DISTINCT FROM (excluded.name, excluded.kind, excluded.phone, excluded.grid_id, excluded.geom)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
