"""The planning engine: pure functions from GeoDataFrames to plans."""
