-- Raises the number of entrances of buildings that now have more of them on record; an estimate gives way to them.
-- It stays where doors nobody counted homes at would leave more than 16 to a landing: these are doors to the street
-- (as in gridmap.formats.estimates).
-- Parameters: none. Returns: nothing. Relies on: uq_entrances_building_id_number.
UPDATE buildings
SET entrance_count = CASE WHEN entrances_estimated THEN counted.entrances
                          ELSE greatest(entrance_count, counted.entrances) END,
    entrances_estimated = false
FROM (
    SELECT building_id, least(count(*), 60) AS entrances, bool_and(households IS NOT NULL) AS has_homes
    FROM entrances
    WHERE building_id IN (SELECT found_id FROM staged_entrances) GROUP BY building_id
) counted
WHERE buildings.id = counted.building_id
  AND CASE WHEN entrances_estimated
           THEN counted.has_homes OR buildings.households <= 16 * counted.entrances * greatest(buildings.storeys, 1)
           ELSE entrance_count < counted.entrances END
