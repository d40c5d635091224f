-- Moves the spots of the shifts done in staged areas to the point on surface of the area.
-- Parameters: none. Returns: nothing. Relies on: uq_areas_code, ix_shifts_area_id.
WITH moved AS MATERIALIZED (
    SELECT a.id, ST_PointOnSurface(a.geom)::geography AS spot FROM staged_areas s JOIN areas a USING (code)
    WHERE s.was_geom IS DISTINCT FROM a.geom
)
UPDATE shifts SET spot = moved.spot FROM moved
WHERE shifts.area_id = moved.id AND shifts.station_id IS NULL
  AND shifts.spot::geometry IS DISTINCT FROM moved.spot::geometry
