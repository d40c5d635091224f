-- All that maps count issues by, in columns of fixed width.
-- Parameters: changed_from, changed_before bigint (ids of the transactions that wrote the rows; 0 and the largest
--             bigint = all); states, tiers, flags text[] (registers; a word is told by its place, from 1).
-- Columns: id, at (reported_at), category, channel (64-bit hashes of the words), state, tier, flag (its first one;
--          0 = trusted), building_id (0 = none), entrance (-1 = none), floor (-32768 = none), grid_id (of its point;
--          0 = none), lon, lat (EPSG:4326; NaN = none).
-- Relies on ix_issues_changed_in for a few, on nothing for all.
SELECT i.id, i.reported_at AS at, hashtextextended(i.category, 0) AS category,
       hashtextextended(i.channel, 0) AS channel,
       CAST(coalesce(array_position(CAST(:states AS text[]), i.state), 0) AS smallint) AS state,
       CAST(coalesce(array_position(CAST(:tiers AS text[]), i.tier), 0) AS smallint) AS tier,
       CAST(coalesce(array_position(CAST(:flags AS text[]), i.flags[1]), 0) AS smallint) AS flag,
       coalesce(i.building_id, 0) AS building_id,
       coalesce(i.entrance_number, CAST(-1 AS smallint)) AS entrance,
       coalesce(i.floor, CAST(-32768 AS smallint)) AS floor,
       coalesce(i.grid_id, 0) AS grid_id,
       coalesce(ST_X(i.geom), 'NaN') AS lon, coalesce(ST_Y(i.geom), 'NaN') AS lat
FROM issues i
WHERE i.changed_in >= CAST(:changed_from AS bigint) AND i.changed_in < CAST(:changed_before AS bigint)
