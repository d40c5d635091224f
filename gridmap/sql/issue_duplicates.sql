-- Open issues that may be the same matter: of the building and category first, then those of the category close by,
-- then of the building; among equals the more alike text, then the nearer.
-- Parameters: category text; building_id bigint (null: none); lon, lat float (degrees, EPSG:4326); text text; near_m
--             float (metres on the spheroid); except_id bigint (0: none); open text[] (states); area_ids bigint[] (scope;
--             null = everywhere); at_most int.
-- Columns: id, category, channel, state, text, reported_at, building_id, building_name, entrance_number, floor, lon, lat,
--          distance_m, likeness (0-1, of the texts by groups of three letters), same_building, reports (how many say it).
-- What shares a placeholder point with thousands is near nothing: flagged issues count by their building only.
-- Relies on ix_issues_building_id, idx_issues_geom (GiST) and ix_issues_parent_id.
SELECT near.id, near.category, near.channel, near.state, near.text, near.reported_at, near.building_id,
       coalesce(nullif(b.address, ''), b.name) AS building_name, near.entrance_number, near.floor,
       ST_X(near.geom) AS lon, ST_Y(near.geom) AS lat, near.distance_m, near.likeness, near.same_building,
       1 + (SELECT count(*) FROM issues c WHERE c.parent_id = near.id AND c.state = 'merged') AS reports
FROM (
    SELECT i.*, coalesce(i.building_id = CAST(:building_id AS bigint), false) AS same_building,
           ST_Distance(i.geom::geography, p.point::geography) AS distance_m,
           similarity(i.text, CAST(:text AS text)) AS likeness
    FROM (SELECT ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326) AS point) p
    JOIN issues i ON i.building_id = CAST(:building_id AS bigint)
                     OR (i.geom && ST_Buffer(p.point::geography, CAST(:near_m AS float8) * 1.1)::geometry
                         AND cardinality(i.flags) = 0
                         AND ST_DWithin(i.geom::geography, p.point::geography, CAST(:near_m AS float8)))
    WHERE i.state = ANY(CAST(:open AS text[])) AND i.id <> CAST(:except_id AS bigint)
      AND (CAST(:area_ids AS bigint[]) IS NULL
           OR EXISTS (SELECT FROM areas a WHERE a.id = i.grid_id AND a.lineage && CAST(:area_ids AS bigint[])))
) near
LEFT JOIN buildings b ON b.id = near.building_id
WHERE near.category = CAST(:category AS text) OR near.same_building
ORDER BY near.category <> CAST(:category AS text), NOT near.same_building, near.likeness DESC, near.distance_m, near.id
LIMIT CAST(:at_most AS int)
