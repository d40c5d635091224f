"""Reading and writing files: pure, with no database and no web.

Whatever comes in leaves here as a `Layer` (see `layers`): columns of the import contract, EPSG:4326, bad
rows listed. Everything about a coordinate system other than EPSG:4326 ends in this folder.
"""
