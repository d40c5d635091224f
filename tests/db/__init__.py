"""Services, SQL and migrations on real PostGIS."""
