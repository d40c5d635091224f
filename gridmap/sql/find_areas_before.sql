-- Keeps what the staged areas were before they are written.
-- Parameters: none. Returns: nothing; fills staged_areas.was_level and was_geom. Relies on: uq_areas_code.
UPDATE staged_areas s SET was_level = a.level, was_geom = a.geom FROM areas a WHERE a.code = s.code
