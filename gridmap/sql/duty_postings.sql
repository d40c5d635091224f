-- The places that some staff are posted to on a day.
-- Parameters: staff_ids bigint[]; on_date date (local; a posting's last day is included).
-- Columns: staff_id, place_kind (entrance, building, micro_grid, compound, station, or the level of an area), place_code
--          (the id of a building; of an entrance with its number), place_name; by staff, in the order of posting.
-- Relies on uq_postings_staff_place_start (by staff_id).
SELECT p.staff_id,
       CASE WHEN p.entrance_id IS NOT NULL THEN 'entrance'
            WHEN p.building_id IS NOT NULL THEN 'building'
            WHEN p.micro_grid_code IS NOT NULL THEN 'micro_grid'
            WHEN p.compound_id IS NOT NULL THEN 'compound'
            WHEN p.station_id IS NOT NULL THEN 'station'
            ELSE a.level END AS place_kind,
       coalesce(p.micro_grid_code, a.code, c.code, s.code,
                b.id::text || CASE WHEN e.id IS NULL THEN '' ELSE '/' || e.number END) AS place_code,
       coalesce(a.name, c.name, s.name, nullif(b.address, ''), b.name, p.micro_grid_code)
           || CASE WHEN e.id IS NULL THEN '' ELSE ' ' || coalesce(nullif(e.name, ''), e.number::text) END AS place_name
FROM postings p
LEFT JOIN areas a ON a.id = p.area_id
LEFT JOIN compounds c ON c.id = p.compound_id
LEFT JOIN stations s ON s.id = p.station_id
LEFT JOIN entrances e ON e.id = p.entrance_id
LEFT JOIN buildings b ON b.id = coalesce(p.building_id, e.building_id)
WHERE p.staff_id = ANY(CAST(:staff_ids AS bigint[]))
  AND p.starts_on <= :on_date AND (p.ends_on IS NULL OR p.ends_on >= :on_date)
ORDER BY p.staff_id, p.id
