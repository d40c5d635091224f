"""Maps of cells as pages of their own (folium): to embed, or as one file that opens from a stick.

Pure: what is shown comes in, HTML comes out. folium links a dozen files of public hosts by default; here it
gets Leaflet from the caller, as an address of our own or as text inside the page, and nothing else. There is
no tile layer: outlines, roads and water come with the cells.

Names come from loaded files, so nothing of them may be read as code. Beware: folium renders what its
templates have written once more as a template, so a name like ``{{ … }}`` would run on the server. Every text
goes through `plain`, and Leaflet's own text is put into the finished page.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import folium
from branca.element import MacroElement
from jinja2 import Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Light to dark in one hue, as palette.js has them.
COLOURS = ("#fdeadb", "#f8c9a0", "#ee9d60", "#cf6529", "#94390b")
STYLE = """
body { font: 14px/1.5 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif;
  color: #1f2933; }
.leaflet-container { background: #fafaf7; font: inherit; }
.panel { position: absolute; z-index: 1000; background: rgba(255,255,255,.94); border-radius: 6px;
  padding: 8px 12px; box-shadow: 0 1px 4px rgba(31,41,51,.25); }
.head { top: 10px; left: 54px; max-width: min(36em, calc(100vw - 90px)); }
.head h1 { font-size: 18px; margin: 0; }
.head p { margin: 0; color: #52606d; }
.legend { right: 10px; bottom: 10px; width: min(22em, calc(100vw - 44px)); max-height: 60vh; overflow: auto; }
.legend summary { font-weight: 600; cursor: pointer; }
.legend ul { list-style: none; margin: 4px 0; padding: 0; }
.legend li { display: flex; align-items: center; gap: 8px; }
.legend svg { width: 28px; height: 14px; flex: none; border: 1px solid #cbd2d9; }
.legend p { margin: 4px 0; color: #52606d; font-size: 12px; }
@media (max-width: 480px) { .head h1 { font-size: 16px; } .legend { max-height: 45vh; } }
@media print { .leaflet-control-zoom { display: none; } .panel { box-shadow: none; } }
"""
TOO_SMALL = "too_small"  # class of a cell without value: hatched, never a colour of the scale
BASE_STYLES: Mapping[str, dict[str, Any]] = {
    "water": {"color": "#b9d3e6", "weight": 1, "fillColor": "#dcebf5", "fillOpacity": 1},
    "road": {"color": "#cbd2d9", "weight": 2, "fill": False},
    "railway": {"color": "#9aa5b1", "weight": 2, "dashArray": "6 6", "fill": False},
    "outline": {"color": "#1f2933", "weight": 1, "opacity": 0.55, "dashArray": "5 4", "fill": False},
    "gap": {"color": "#1f2933", "weight": 1.5, "fillColor": "#1f2933", "fillOpacity": 0.7},
}
ABOVE = ("outline", "gap")


@dataclass(frozen=True)
class Leaflet:
    """Where the page gets Leaflet from: addresses of our own, or (`inline`) the text of its two files."""

    script: str
    style: str
    inline: bool


@dataclass(frozen=True)
class PageTexts:
    """Every word of the page, in one language.

    Attributes
    ----------
    classes
        Span of each class, light to dark.
    notes
        What stands below the legend: definition, what is left out, plan version, time.
    columns
        Headings of the tip, one for each figure of a cell.
    """

    language: str
    title: str
    subtitle: str
    legend: str
    classes: tuple[str, ...]
    too_small: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]


class _Frame(MacroElement):
    """Title, legend and notes around the map, the hatch of cells without value, and the first view."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.style }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}
        <header class="panel head">
          <h1>{{ this.title }}</h1><p>{{ this.subtitle }}</p>
        </header>
        <svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
          <pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse"
                   patternTransform="rotate(45)">
            <rect width="8" height="8" fill="#fafaf7"/>
            <rect width="1.2" height="8" fill="#52606d" opacity=".5"/>
          </pattern></defs></svg>
        <details class="panel legend" open><summary>{{ this.legend }}</summary>
          <ul>
          {% for fill, span in this.swatches %}
            <li><svg aria-hidden="true"><rect width="100%" height="100%" fill="{{ fill }}"/></svg>
              {{ span }}</li>
          {% endfor %}
          </ul>
          {% for note in this.notes %}<p>{{ note }}</p>{% endfor %}
        </details>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        L.control.scale({imperial: false}).addTo({{ this._parent.get_name() }});
        document.querySelector(".legend").open = innerWidth > 480;
        {{ this._parent.get_name() }}.fitBounds({{ this.corners|tojson }}, {
          paddingTopLeft: [0, 60],
          paddingBottomRight: [innerWidth > 900 ? 340 : 0, 0],
        });
        {% endmacro %}
        """
    )

    def __init__(self, texts: PageTexts, corners: list[list[float]]) -> None:
        super().__init__()
        self.title = plain(texts.title)
        self.subtitle = plain(texts.subtitle)
        self.legend = plain(texts.legend)
        self.notes = [plain(note) for note in texts.notes]
        self.style = STYLE
        self.corners = corners
        fills = (*COLOURS, "url(#hatch)")
        spans = (*texts.classes, texts.too_small)
        self.swatches = [(fill, plain(span)) for fill, span in zip(fills, spans, strict=True)]


def class_of(value: float | None, breaks: Sequence[float]) -> int | None:
    """Tell the class (0-4) of a value; one on a bound belongs above it, None has none."""
    return None if value is None else sum(value >= bound for bound in breaks)


def build_cell_map(
    cells: Sequence[Mapping[str, Any]],
    texts: PageTexts,
    *,
    breaks: Sequence[float],
    base: Sequence[Mapping[str, Any]],
    bounds: tuple[float, float, float, float],
    leaflet: Leaflet,
) -> folium.Map:
    """Build the map.

    Parameters
    ----------
    cells
        Each ``{"name", "value", "figures", "geometry"}``: `value` decides the colour (None = too small),
        `figures` are texts as the tip shows them under the columns of `texts`, `geometry` is GeoJSON in
        EPSG:4326.
    breaks
        Four rising bounds of the five classes.
    base
        What lies below the cells, or (`ABOVE`) on them, each ``{"kind", "geometry"}`` with a kind of
        `BASE_STYLES`.
    bounds
        West, south, east, north in degrees.

    Returns
    -------
    folium.Map
        For `build_page`; inputs are not changed.
    """
    west, south, east, north = bounds
    made = begin_map(leaflet)
    below = [shape for shape in base if shape["kind"] not in ABOVE]
    above = [shape for shape in base if shape["kind"] in ABOVE]
    for shape in below:
        add_base(made, shape)
    if cells:
        _add_cells(made, cells, texts, breaks)
    for shape in above:
        add_base(made, shape)
    _Frame(texts, [[south, west], [north, east]]).add_to(made)
    return made


def begin_map(leaflet: Leaflet) -> folium.Map:
    """Begin a map without tiles that takes Leaflet from where the caller says."""
    made = folium.Map(tiles=None, attributionControl=False, zoomSnap=0.25)
    made.default_js = [] if leaflet.inline else [("leaflet", leaflet.script)]
    made.default_css = [] if leaflet.inline else [("leaflet_css", leaflet.style)]
    return made


def build_page(made: folium.Map, leaflet: Leaflet, *, title: str, language: str) -> str:
    """Write the map as an HTML page; the map cannot be used again."""
    page: str = made.get_root().render()
    language = "zh-CN" if language == "zh" else "en"
    head = f"<head>\n<title>{html.escape(title)}</title>"
    if leaflet.inline:
        # Nothing in the page uses the pictures that the style sheet names.
        style = re.sub(r"url\([^)]*\)", "none", leaflet.style)
        head += f"\n<style>{style}</style>\n<script>{leaflet.script}</script>"
    return page.replace("<html>", f'<html lang="{language}">', 1).replace("<head>", head, 1)


def plain(text: object) -> str:
    """Make a text harmless in HTML and in a template; also inside data that the page writes as HTML."""
    return html.escape(str(text)).replace("{", "&#123;")


def add_base(made: folium.Map, shape: Mapping[str, Any]) -> None:
    """Add one shape of the base, which answers to no pointer."""
    style = BASE_STYLES[shape["kind"]] | {"interactive": False}
    feature = {"type": "Feature", "properties": {}, "geometry": shape["geometry"]}
    folium.GeoJson(feature, style_function=lambda _feature: style, control=False).add_to(made)


def _add_cells(
    made: folium.Map, cells: Sequence[Mapping[str, Any]], texts: PageTexts, breaks: Sequence[float]
) -> None:
    features = []
    for number, cell in enumerate(cells):
        properties = {"name": plain(cell["name"])}
        properties |= {f"figure_{at}": plain(figure) for at, figure in enumerate(cell["figures"])}
        # folium writes one case a style; the class is all that styles differ in.
        found = class_of(cell["value"], breaks)
        properties["class"] = TOO_SMALL if found is None else str(found)
        features.append(
            {"type": "Feature", "id": str(number), "properties": properties, "geometry": cell["geometry"]}
        )
    tip = folium.GeoJsonTooltip(
        fields=["name", *(f"figure_{at}" for at in range(len(texts.columns)))],
        aliases=["", *(plain(column) for column in texts.columns)],
        sticky=True,
    )
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=_style_of,
        highlight_function=lambda _feature: {"weight": 2.5, "color": "#1f2933"},
        tooltip=tip,
        smooth_factor=0.5,
        control=False,
    ).add_to(made)


def _style_of(feature: Mapping[str, Any]) -> dict[str, Any]:
    name = feature["properties"]["class"]
    fill = "url(#hatch)" if name == TOO_SMALL else COLOURS[int(name)]
    return {"color": "#94390b", "weight": 0.6, "opacity": 0.6, "fillColor": fill, "fillOpacity": 0.85}
