-- Moves the spots of the shifts done at staged stations to where the station is now.
-- Parameters: none. Returns: nothing. Relies on: uq_stations_code, ix_shifts_station_id.
UPDATE shifts SET spot = t.geom::geography
FROM staged_stations s JOIN stations t USING (code)
WHERE shifts.station_id = t.id AND shifts.spot::geometry IS DISTINCT FROM t.geom
