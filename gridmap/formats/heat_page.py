"""The heatmap as one page (folium): layers to switch between, a slider through time; opens from a stick.

Pure, and under the same rules as `gridmap.formats.map_page`: nothing is asked for from anywhere, and no name
is ever read as code, neither by the browser nor by the templates that write the page. Every class has a
pattern beside its colour. The shapes are written once, whatever the number of layers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import folium
from branca.element import MacroElement
from jinja2 import Template

from gridmap.formats.map_page import ABOVE, COLOURS, STYLE, Leaflet, add_base, begin_map, build_page, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOT, COLD, NEITHER = "#b84e00", "#0072b2", "#e9ebed"
KINDS = ("0", "1", "2", "3", "4", "hot", "cold", "not_distinguishable", "not_enough")
STEP_MS = 900
MORE_STYLE = """
.switch { right: 10px; top: 10px; width: min(22em, calc(100vw - 44px)); }
.switch label { display: flex; gap: 8px; min-height: 28px; align-items: center; cursor: pointer; }
.switch fieldset { border: 0; margin: 0; padding: 0; }
.switch input[type=range] { width: 100%; accent-color: #94390b; }
.switch .when { display: flex; gap: 8px; align-items: center; }
.switch button { font: inherit; border: 1px solid #cbd2d9; border-radius: 6px; background: #fff;
  padding: 4px 10px; min-height: 32px; cursor: pointer; white-space: nowrap; }
.switch output { font-weight: 600; }
.switch legend { color: #52606d; font-size: 12px; padding: 0; }
.legend { max-height: calc(100vh - 270px); }
@media (max-width: 900px) {
  .switch { top: 84px; left: 10px; width: auto; padding: 6px 12px; }
  .switch fieldset { display: grid; grid-template-columns: 1fr 1fr; gap: 0 12px; }
  .switch .when { flex-wrap: wrap; }
  .switch button { min-height: 44px; }
  .switch input[type=range] { height: 36px; }
}
@media print { .switch { display: none; } }
"""


@dataclass(frozen=True)
class PageLayer:
    """One layer.

    Attributes
    ----------
    name
        As it is switched on, and above its legend.
    classes
        Pairs of a kind (of `KINDS`) and what it means, as the legend lists them.
    kinds
        Kind of each cell.
    lines
        What the tip says of each cell, below its name.
    notes
        Below the legend: definition, choices of a test.
    """

    name: str
    classes: tuple[tuple[str, str], ...]
    kinds: Sequence[str]
    lines: Sequence[Sequence[str]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PageFrames:
    """Steps of time of the first layer.

    Attributes
    ----------
    names
        Period of each step.
    issues
        A list for each step: issues of each cell.
    breaks, spans
        Bounds of the five classes for one step, and how the legend writes them.
    """

    names: Sequence[str]
    issues: Sequence[Sequence[int]]
    breaks: Sequence[float]
    spans: Sequence[str]


@dataclass(frozen=True)
class HeatWords:
    """Every other word of the page, in one language.

    Attributes
    ----------
    steps_of
        Name of the slider.
    issues
        What the tip says of a cell in one step, with "@" for the number.
    notes
        Below every legend: what is counted, what is left out, plan version, time.
    """

    language: str
    title: str
    subtitle: str
    layers: str
    steps_of: str
    play: str
    pause: str
    whole: str
    issues: str
    notes: tuple[str, ...]


BROWN, WHITE = 'fill="#94390b" fill-opacity=".5"', 'stroke="#fff" stroke-opacity=".55"'
SLANT = f'<path d="M-1 9L9-1M-1 1L1-1M7 9L9 7" {WHITE}/>'
CROSS = f'<path d="M-1 9L9-1M-1 1L1-1M7 9L9 7M-1-1L9 9" {WHITE}/>'
HATCH = '<path d="M-1 9L9-1M-1 1L1-1M7 9L9 7" stroke="#52606d" stroke-opacity=".5"/>'
PATTERNS = {
    "0": (COLOURS[0], ""),
    "1": (COLOURS[1], f'<circle cx="4" cy="4" r=".7" {BROWN}/>'),
    "2": (COLOURS[2], f'<circle cx="4" cy="4" r="1.3" {BROWN}/>'),
    "3": (COLOURS[3], SLANT),
    "4": (COLOURS[4], CROSS),
    "hot": (HOT, CROSS),
    "cold": (COLD, f'<path d="M0 4H8" {WHITE}/>'),
    "not_distinguishable": (NEITHER, ""),
    "not_enough": ("#fafaf7", HATCH),
}
# No two braces in a row in it: what folium's templates write is read as a template once more.
CODE = """
const find = (id) => document.getElementById(id);
const now = { layer: heat.first, step: null, timer: 0 };
const classOf = (value) => String(heat.breaks.filter((bound) => value >= bound).length);
const shapes = [];
cells.eachLayer((shape) => { shapes[Number(shape.feature.id)] = shape; });
function linesOf(at) {
  const said = now.step === null ? heat.layers[now.layer].lines[at]
    : [heat.said.replace("@", heat.issues[now.step][at])];
  return ["<b>" + heat.names[at] + "</b>", ...said].join("<br>");
}
function paint() {
  const layer = heat.layers[now.layer];
  shapes.forEach((shape, at) => {
    const kind = now.step === null ? layer.kinds[at] : classOf(heat.issues[now.step][at]);
    shape.setStyle({ fillColor: "url(#look-" + kind + ")", fillOpacity: 0.85 });
  });
  find("legend-title").innerHTML = layer.name;
  find("classes").innerHTML = (now.step === null ? layer.classes : heat.step_classes).map(([kind, span]) =>
    '<li><svg aria-hidden="true"><rect width="100%" height="100%" fill="url(#look-' + kind + ')"/></svg>'
    + span + "</li>").join("");
  find("notes").innerHTML = [...layer.notes, ...heat.notes].map((note) => "<p>" + note + "</p>").join("");
  find("said").innerHTML = now.step === null ? "" : heat.steps[now.step];
  find("whole").hidden = now.step === null;
  document.querySelectorAll("[name=layer]").forEach((one) => {
    one.checked = Number(one.value) === now.layer;
  });
}
function halt() {
  clearTimeout(now.timer);
  now.timer = 0;
  find("play").innerHTML = heat.play;
}
function go(step) {
  now.step = step;
  if (step !== null) { now.layer = 0; find("slider").value = step; }
  paint();
}
function advance() {
  go(now.step === null || now.step + 1 >= heat.steps.length ? 0 : now.step + 1);
  if (now.step + 1 < heat.steps.length) now.timer = setTimeout(advance, heat.wait);
  else halt();
}
shapes.forEach((shape, at) => shape.bindTooltip(() => linesOf(at), { sticky: true }));
find("layers").addEventListener("change", (event) => {
  halt();
  now.layer = Number(event.target.value);
  go(null);
});
find("slider").max = Math.max(0, heat.steps.length - 1);
find("slider").addEventListener("input", (event) => { halt(); go(Number(event.target.value)); });
find("whole").addEventListener("click", () => { halt(); go(null); });
find("play").addEventListener("click", () => {
  if (now.timer) return halt();
  find("play").innerHTML = heat.pause;
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) return advance();
  go(now.step === null || now.step + 1 >= heat.steps.length ? 0 : now.step + 1);
  return halt();
});
L.control.scale({ imperial: false }).addTo(map);
document.querySelector(".legend").open = innerWidth > 480;
paint();
"""


def build_heat_page(
    cells: Sequence[Mapping[str, Any]],
    layers: Sequence[PageLayer],
    frames: PageFrames,
    words: HeatWords,
    *,
    first: int,
    base: Sequence[Mapping[str, Any]],
    bounds: tuple[float, float, float, float],
    leaflet: Leaflet,
) -> str:
    """Build the page.

    Parameters
    ----------
    cells
        Each ``{"name", "geometry"}``, GeoJSON in EPSG:4326.
    layers
        At least one; the slider belongs to the first.
    first
        Number of the layer that is on at the beginning.
    base
        As `gridmap.formats.map_page.build_cell_map`.
    bounds
        West, south, east, north in degrees.
    """
    west, south, east, north = bounds
    made = begin_map(leaflet)
    for shape in base:
        if shape["kind"] not in ABOVE:
            add_base(made, shape)
    features = [
        {"type": "Feature", "id": str(number), "properties": {}, "geometry": cell["geometry"]}
        for number, cell in enumerate(cells)
    ]
    drawn = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda _feature: {"color": "#1f2933", "weight": 0.6, "opacity": 0.6},
        smooth_factor=0.5,
        control=False,
    )
    drawn.add_to(made)
    for shape in base:
        if shape["kind"] in ABOVE:
            add_base(made, shape)
    data = {
        "first": first,
        "corners": [[south, west], [north, east]],
        "names": [plain(cell["name"]) for cell in cells],
        "layers": [_write_layer(layer) for layer in layers],
        "steps": [plain(name) for name in frames.names],
        "issues": [list(one) for one in frames.issues],
        "breaks": list(frames.breaks),
        "step_classes": [[kind, plain(span)] for kind, span in zip(KINDS, frames.spans, strict=False)],
        "notes": [plain(note) for note in words.notes],
        "play": plain(words.play),
        "pause": plain(words.pause),
        "said": plain(words.issues),
        "wait": STEP_MS,
    }
    _Switch(data, words, drawn.get_name()).add_to(made)
    return build_page(made, leaflet, title=words.title, language=words.language)


class _Switch(MacroElement):
    """Head, switch, slider and legend around the map, and the script that brings them to life."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.style }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}
        <header class="panel head"><h1>{{ this.title }}</h1><p>{{ this.subtitle }}</p></header>
        <svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
        {% for kind, look in this.patterns.items() %}
          <pattern id="look-{{ kind }}" width="8" height="8" patternUnits="userSpaceOnUse">
            <rect width="8" height="8" fill="{{ look[0] }}"/>{{ look[1] }}</pattern>
        {% endfor %}</defs></svg>
        <div class="panel switch"><fieldset id="layers"><legend>{{ this.layers }}</legend>
          {% for name in this.names %}
          <label><input type="radio" name="layer" value="{{ loop.index0 }}">{{ name }}</label>
          {% endfor %}</fieldset>
          <div class="when"><button type="button" id="play">{{ this.play }}</button>
            <button type="button" id="whole">{{ this.whole }}</button><output id="said"></output></div>
          <input type="range" id="slider" min="0" max="0" value="0" aria-label="{{ this.steps_of }}"></div>
        <details class="panel legend" open><summary id="legend-title"></summary>
          <ul id="classes"></ul><div id="notes"></div></details>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        (function (heat, cells, map) {
        {{ this.code }}
        map.fitBounds(heat.corners, {
          paddingTopLeft: [0, innerWidth > 900 ? 60 : 270],
          paddingBottomRight: [innerWidth > 900 ? 340 : 0, innerWidth > 900 ? 0 : 50] });
        })({{ this.data }}, {{ this.cells }}, {{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, data: Mapping[str, Any], words: HeatWords, cells: str) -> None:
        super().__init__()
        self.data = _write_data(data)
        self.names = [layer["name"] for layer in data["layers"]]
        self.title, self.subtitle, self.layers = (
            plain(words.title),
            plain(words.subtitle),
            plain(words.layers),
        )
        self.play, self.whole, self.steps_of = plain(words.play), plain(words.whole), plain(words.steps_of)
        self.style = STYLE + MORE_STYLE
        self.patterns = PATTERNS
        self.code = CODE
        self.cells = cells


def _write_layer(layer: PageLayer) -> dict[str, Any]:
    return {
        "name": plain(layer.name),
        "classes": [[kind, plain(meaning)] for kind, meaning in layer.classes],
        "kinds": list(layer.kinds),
        "lines": [[plain(line) for line in lines] for lines in layer.lines],
        "notes": [plain(note) for note in layer.notes],
    }


def _write_data(data: Mapping[str, Any]) -> str:
    """Write data into a script: nothing in it ends the script, and nothing opens a template."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
