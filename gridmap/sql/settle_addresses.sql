-- Puts new addresses and names where they are found at once: until then each search walks through all of them.
-- Parameters: none. Columns: pages (that were taken in). Relies on: ix_buildings_address_trgm, ix_buildings_name_trgm.
SELECT gin_clean_pending_list('ix_buildings_address_trgm') + gin_clean_pending_list('ix_buildings_name_trgm') AS pages
