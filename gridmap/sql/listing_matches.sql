-- What of the other lists fits an entry: the same kind, not closed, not over, the nearest first.
-- Parameters: lon, lat float (degrees, EPSG:4326); kind text; list text (of the entry; others are looked for);
--             on_date date (local); within_m float; at_most int.
-- Columns: id, distance_m (straight line).
-- Relies on ix_listings_geography (GiST).
WITH here AS (
    SELECT ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326)::geography AS spot
)
SELECT l.id, ST_Distance(l.geom::geography, here.spot) AS distance_m
FROM here
JOIN listings l ON ST_DWithin(l.geom::geography, here.spot, :within_m)
WHERE l.kind = :kind AND l.list <> :list AND l.state <> 'closed' AND (l.ends_on IS NULL OR l.ends_on >= :on_date)
ORDER BY distance_m, l.id
LIMIT :at_most
