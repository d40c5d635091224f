"""A plan as a picture: PNG or SVG, drawn like a printed map.

``draw_plan`` is pure: frames in, a file out, the same bytes for the same frames, width and fonts. It counts
households and names nobody. Everything is laid out in pixels of the page, from its upper left corner; an SVG
takes them as points.

The parts: frames (what comes in), grounds (degrees to pixels), lettering (fonts and widths of texts), labels
(where counts have room), marks, sheet (the page that is drawn on), map_layers, legend, texts, drawing.
"""

from gridmap.formats.plan_picture.drawing import FORMATS, WIDTH, draw_plan, require_drawable
from gridmap.formats.plan_picture.frames import Drawn, PlanAbout, PlanPicture

__all__ = ["FORMATS", "WIDTH", "Drawn", "PlanAbout", "PlanPicture", "draw_plan", "require_drawable"]
