-- Which compounds may lie in other grids now: the staged ones.
-- Parameters: none. Returns: id. Relies on: uq_compounds_code.
SELECT c.id FROM staged_compounds s JOIN compounds c USING (code)
