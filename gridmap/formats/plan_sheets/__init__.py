"""Micro-grids on paper: an A4 sheet each, and a booklet of an area, as PDF.

Pure: frames in, a file out, the same bytes for the same frames and fonts. It counts households, calls staff
by role and number, and names nobody. Everything is laid out in points from the upper left corner of the page.

The parts: frames (what comes in), flows (rows into columns, columns into pages), holdings and people (the two
lists of a sheet), sheet_map, sheets, cover, writing.
"""

from gridmap.formats.plan_sheets.frames import Booklet, Card, Holding, Person
from gridmap.formats.plan_sheets.writing import Written, write_booklet

__all__ = ["Booklet", "Card", "Holding", "Person", "Written", "write_booklet"]
