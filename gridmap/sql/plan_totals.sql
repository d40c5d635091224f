-- The totals of a plan. Micro-grids without households (somebody answers for a park, too) stand apart: the
-- band says nothing of them.
-- Parameters: plan_id bigint.
-- Columns: micro_grids, in_band, under, over (lived in), without_households, households,
--          households_estimated, buildings, buildings_broken, atoms, findings.
-- Relies on uq_micro_grids_plan_id_code, pk_assignments and ix_findings_plan_id.
SELECT g.*, a.*, (SELECT count(*) FROM findings WHERE plan_id = :plan_id) AS findings
FROM (
    SELECT count(*) FILTER (WHERE households > 0) AS micro_grids,
           count(*) FILTER (WHERE households > 0 AND status = 'in_band') AS in_band,
           count(*) FILTER (WHERE households > 0 AND status = 'under') AS under,
           count(*) FILTER (WHERE households > 0 AND status = 'over') AS over,
           count(*) FILTER (WHERE households = 0) AS without_households,
           coalesce(sum(households), 0) AS households,
           coalesce(bool_or(households_estimated), false) AS households_estimated
    FROM micro_grids
    WHERE plan_id = :plan_id
) g, (
    SELECT count(DISTINCT building_id) AS buildings,
           count(DISTINCT building_id) FILTER (WHERE entrance_number IS NOT NULL) AS buildings_broken,
           count(*) AS atoms
    FROM assignments
    WHERE plan_id = :plan_id
) a
