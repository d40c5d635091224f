-- Moves the spots of shifts to where their station, or the point on surface of their area, is now.
-- Parameters: none. Returns: nothing. Relies on: pk_stations, pk_areas.
WITH found AS (
    SELECT h.id, coalesce(t.geom, ST_PointOnSurface(a.geom))::geography AS spot
    FROM shifts h
    LEFT JOIN stations t ON t.id = h.station_id
    LEFT JOIN areas a ON a.id = h.area_id
)
UPDATE shifts SET spot = found.spot FROM found
WHERE shifts.id = found.id AND shifts.spot::geometry IS DISTINCT FROM found.spot::geometry
