"""GridMap: micro-grids of a city on a map, from the first plan to the daily round."""

__version__ = "0.1.0"
