-- Give micro-grids their colours.
-- Parameters: ids bigint[] (micro-grids), colours smallint[] (0-5, in the order of the ids).
-- Returns: nothing.
-- Relies on pk_micro_grids.
UPDATE micro_grids m
SET colour = c.colour
FROM unnest(CAST(:ids AS bigint[]), CAST(:colours AS smallint[])) AS c (id, colour)
WHERE m.id = c.id
  AND m.colour <> c.colour
