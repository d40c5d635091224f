-- Adds the wanted shifts that are not there; the spot is the station, or the point on surface of the area.
-- Parameters: none. Returns: one row a shift added. Relies on: uq_shifts_staff_id_starts_at.
WITH spots AS MATERIALIZED (
    SELECT id, ST_PointOnSurface(geom)::geography AS spot FROM areas WHERE id IN (SELECT area_id FROM wanted_shifts)
)
INSERT INTO shifts (staff_id, station_id, area_id, starts_at, ends_at, spot, pattern_id)
SELECT w.staff_id, w.station_id, w.area_id, w.starts_at, w.ends_at, coalesce(t.geom::geography, spots.spot), w.pattern_id
FROM wanted_shifts w
LEFT JOIN stations t ON t.id = w.station_id
LEFT JOIN spots ON spots.id = w.area_id
ORDER BY w.starts_at, w.staff_id
ON CONFLICT (staff_id, starts_at) DO NOTHING
RETURNING id
