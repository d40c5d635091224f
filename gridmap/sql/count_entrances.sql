-- Raises the number of entrances of buildings that now have more of them on record; an estimate gives way to them.
-- Parameters: none. Returns: nothing. Relies on: uq_entrances_building_id_number.
UPDATE buildings
SET entrance_count = CASE WHEN entrances_estimated THEN counted.entrances
                          ELSE greatest(entrance_count, counted.entrances) END,
    entrances_estimated = false
FROM (
    SELECT building_id, least(count(*), 60) AS entrances FROM entrances
    WHERE building_id IN (SELECT found_id FROM staged_entrances) GROUP BY building_id
) counted
WHERE buildings.id = counted.building_id
  AND (buildings.entrances_estimated OR buildings.entrance_count < counted.entrances)
