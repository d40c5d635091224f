-- What lies below the cells of a report's map, thinned: outlines, main roads, water, railways of an area.
-- Parameters: area_id bigint; outline_level text (level of the areas outlined);
--             classes text[] (classes of roads wanted).
-- Columns: kind (outline, road, water, railway), geometry (GeoJSON text, EPSG:4326, 6 decimals); a kind that the
--          area does not have is not there.
-- Relies on idx_roads_geom, idx_barriers_geom, idx_barriers_surface (GiST), ix_areas_lineage (GIN).
WITH here AS MATERIALIZED (
    SELECT geom FROM areas WHERE id = CAST(:area_id AS bigint)
), shapes AS (
    SELECT 'outline' AS kind, ST_Collect(ST_Boundary(a.geom)) AS geom
    FROM areas a
    WHERE a.lineage @> ARRAY[CAST(:area_id AS bigint)]
      AND a.level = CAST(:outline_level AS text)
    UNION ALL
    SELECT 'road', ST_Collect(ST_SimplifyPreserveTopology(r.geom, 0.00002))
    FROM roads r
    WHERE r.geom && (SELECT geom FROM here)
      AND regexp_replace(r.class, '_link$', '') = ANY(CAST(:classes AS text[]))
    UNION ALL
    SELECT 'water', ST_Collect(ST_SimplifyPreserveTopology(coalesce(b.surface, b.geom), 0.00002))
    FROM barriers b
    WHERE (b.geom && (SELECT geom FROM here) OR b.surface && (SELECT geom FROM here)) AND b.kind = 'river'
    GROUP BY b.surface IS NULL
    UNION ALL
    SELECT 'railway', ST_Collect(ST_SimplifyPreserveTopology(b.geom, 0.00002))
    FROM barriers b
    WHERE b.geom && (SELECT geom FROM here) AND b.kind = 'railway'
)
SELECT kind, ST_AsGeoJSON(ST_CollectionExtract(geom, 1 + ST_Dimension(geom)), 6) AS geometry
FROM shapes
WHERE geom IS NOT NULL
