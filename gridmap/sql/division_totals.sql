-- What one grid adds to the totals of its plan (see plan_totals): so that one operation need not count all others.
-- Parameters: plan_id bigint; grid_id bigint.
-- Columns: micro_grids, in_band, under, over (lived in), without_households, households, households_estimated,
--          buildings, buildings_broken, atoms, findings.
-- Relies on ix_micro_grids_grid_id, ix_buildings_grid_id, ix_assignments_building_id_plan_id and ix_findings_plan_id.
SELECT g.*, a.*,
       (SELECT count(*) FROM findings WHERE plan_id = :plan_id AND grid_id = :grid_id) AS findings
FROM (
    SELECT count(*) FILTER (WHERE households > 0) AS micro_grids,
           count(*) FILTER (WHERE households > 0 AND status = 'in_band') AS in_band,
           count(*) FILTER (WHERE households > 0 AND status = 'under') AS under,
           count(*) FILTER (WHERE households > 0 AND status = 'over') AS over,
           count(*) FILTER (WHERE households = 0) AS without_households,
           coalesce(sum(households), 0) AS households,
           coalesce(bool_or(households_estimated), false) AS households_estimated
    FROM micro_grids
    WHERE plan_id = :plan_id AND grid_id = :grid_id
) g, (
    SELECT count(DISTINCT s.building_id) AS buildings,
           count(DISTINCT s.building_id) FILTER (WHERE s.entrance_number IS NOT NULL) AS buildings_broken,
           count(*) AS atoms
    FROM buildings b
    JOIN assignments s ON s.building_id = b.id AND s.plan_id = :plan_id
    WHERE b.grid_id = :grid_id
) a
