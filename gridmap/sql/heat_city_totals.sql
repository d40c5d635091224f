-- The city's totals below the colour breaks, the same for every area and every window of a map.
-- Parameters: starts_at, ends_at timestamptz (half-open); category text (empty text = all).
-- Columns: issues (unflagged, with a building or a point), households (of all buildings in grids),
--          micro_grids, grids, communities (published cells of each level).
-- Relies on ix_issues_reported_at_category, ix_areas_level.
SELECT (SELECT count(*)
        FROM issues i
        WHERE i.reported_at >= CAST(:starts_at AS timestamptz)
          AND i.reported_at < CAST(:ends_at AS timestamptz)
          AND (CAST(:category AS text) = '' OR i.category = :category)
          AND i.flags = '{}'
          AND (i.building_id IS NOT NULL OR i.geom IS NOT NULL)) AS issues,
       (SELECT coalesce(sum(households), 0) FROM buildings WHERE grid_id IS NOT NULL) AS households,
       (SELECT count(*) FROM micro_grids WHERE valid_from IS NOT NULL AND valid_to IS NULL) AS micro_grids,
       (SELECT count(*) FROM areas WHERE level = 'grid') AS grids,
       (SELECT count(*) FROM areas WHERE level = 'community') AS communities
