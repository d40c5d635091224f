-- Raises the number of entrances of buildings that now have more of them on record.
-- Parameters: none. Returns: nothing. Relies on: uq_entrances_building_id_number.
UPDATE buildings SET entrance_count = counted.entrances
FROM (
    SELECT building_id, least(count(*), 60) AS entrances FROM entrances
    WHERE building_id IN (SELECT found_id FROM staged_entrances) GROUP BY building_id
) counted
WHERE buildings.id = counted.building_id AND buildings.entrance_count < counted.entrances
