-- Writes the staged listings, each at its building or on its compound (where that has no shape: amid its buildings).
-- Parameters: source. Returns: inserted, updated (rows that were equal are neither).
-- Relies on: uq_listings_source_source_id, ix_buildings_compound_id, idx_areas_geom (GiST).
WITH placed AS MATERIALIZED (
    SELECT s.*, b.grid_id,
           coalesce(b.point, ST_PointOnSurface(c.geom),
                    (SELECT ST_Centroid(ST_Collect(o.point)) FROM buildings o WHERE o.compound_id = c.id)) AS spot
    FROM staged_listings s
    LEFT JOIN buildings b ON b.id = s.found_id
    LEFT JOIN compounds c ON c.id = s.compound_id
),
written AS (
    INSERT INTO listings (source, source_id, list, kind, title, quantity, organisation, state, starts_on, ends_on,
                          building_id, compound_id, area_id, geom)
    SELECT :source, p.id, p.list, p.kind, p.title, p.quantity, coalesce(p.organisation, ''), p.state, p.starts_on,
           p.ends_on, p.found_id, p.compound_id,
           coalesce(p.grid_id, (SELECT min(g.id) FROM areas g
                                WHERE g.level = 'grid' AND ST_Intersects(g.geom, p.spot))),
           p.spot
    FROM placed p
    ORDER BY p.id
    ON CONFLICT (source, source_id) DO UPDATE
    SET list = excluded.list, kind = excluded.kind, title = excluded.title, quantity = excluded.quantity,
        organisation = excluded.organisation, state = excluded.state, starts_on = excluded.starts_on,
        ends_on = excluded.ends_on, building_id = excluded.building_id, compound_id = excluded.compound_id,
        area_id = excluded.area_id, geom = excluded.geom
    WHERE (listings.list, listings.kind, listings.title, listings.quantity, listings.organisation, listings.state,
           listings.starts_on, listings.ends_on, listings.building_id, listings.compound_id, listings.area_id)
        IS DISTINCT FROM (excluded.list, excluded.kind, excluded.title, excluded.quantity, excluded.organisation,
                          excluded.state, excluded.starts_on, excluded.ends_on, excluded.building_id,
                          excluded.compound_id, excluded.area_id)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
