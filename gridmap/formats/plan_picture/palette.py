"""Colours of the picture: those of the planner's page, blended on paper where it lets the map through."""

PAPER = "#fafaf7"
INK = "#1f2933"
INK_2 = "#52606d"
FRAME = "#aab4bd"
WATER = "#cfe3f1"
WATER_LINE = "#8fb6d3"
ROAD = "#ffffff"
CASING = "#b3bcc6"
RAIL = "#87929e"
WALL = "#7d6a55"
HOME = "#1f29334a"  # see-through: the hue of the micro-grid stays to be seen
SHARED = "#1f293399"
OTHER = "#1f29331c"
BUILDING_LINE = "#52606d"
UNDER = "#0072b2"
OVER = "#b84e00"
FINDING = "#8a5a00"
FINDING_WASH = "#fdf3dc"
NOBODY = "#ececea"
UNDIVIDED = "#f3f3ef"

SOFT = ("#c4daec", "#d0e4cb", "#f1e6c0", "#efd1d4", "#dbd3e9", "#f0d9c7")
"""Six soft hues of micro-grids; neighbours never share one, and every one carries dark text."""

DARK = ("#2f6690", "#3f7a3a", "#86690f", "#9a4352", "#5f4b8b", "#96582a")
