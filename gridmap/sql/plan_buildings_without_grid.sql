-- Homes inside an area that no grid holds.
-- Parameters: area_id bigint.
-- Columns: buildings, households.
-- Relies on idx_buildings_geom (GiST).
SELECT count(*) AS buildings, coalesce(sum(b.households), 0) AS households
FROM areas a
JOIN buildings b ON ST_Intersects(b.geom, a.geom)
WHERE a.id = :area_id
  AND b.grid_id IS NULL
  AND b.households > 0
