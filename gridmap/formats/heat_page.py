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
LETTERS = dict(zip(KINDS, "01234hcnx", strict=True))
"""Kinds as they are written where there is one for each cell and step."""
STEP_MS = 900
MORE_STYLE = """
.switch { right: 10px; top: 10px; width: min(22em, calc(100vw - 44px)); }
.switch label { display: flex; gap: 8px; min-height: 28px; align-items: center; cursor: pointer; }
.switch fieldset { border: 0; margin: 0; padding: 0; }
.switch input[type=range] { width: 100%; accent-color: #94390b; }
.switch .when { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; }
.switch button { font: inherit; border: 1px solid #cbd2d9; border-radius: 6px; background: #fff;
  padding: 4px 10px; min-height: 32px; cursor: pointer; white-space: nowrap; }
.switch output { flex: 1 0 100%; font-weight: 600; min-height: 1.5em; }
.switch legend { color: #52606d; font-size: 12px; padding: 0; }
.legend { max-height: calc(100vh - 300px); }
@media (max-width: 900px) {
  .switch { top: 84px; left: 10px; width: auto; padding: 6px 12px; }
  .switch fieldset { display: grid; grid-template-columns: 1fr 1fr; gap: 0 12px; }
  .switch button { min-height: 44px; }
  .switch input[type=range] { height: 36px; }
}
@media print { .switch { display: none; } }
"""


@dataclass(frozen=True)
class PageFrames:
    """A layer step by step.

    Attributes
    ----------
    names
        Period of each step.
    classes, kinds
        As those of a `PageLayer`; kinds step by step.
    figures
        Digits behind the point, and values step by step, one for each cell.
    said
        Lines of the tip in which "@0" stands for the first of the figures, and so on.
    few
        What the tip says instead of a cell of kind ``not_enough``; empty = the same lines.
    names_kind
        Whether the tip names the kind first.
    more
        Step by step: one more line for the cells of these numbers.
    notes
        Step by step: below the legend, above what the whole page says.
    """

    names: Sequence[str]
    classes: tuple[tuple[str, str], ...]
    kinds: Sequence[Sequence[str]]
    figures: Sequence[tuple[int, Sequence[Sequence[float]]]]
    said: tuple[str, ...]
    few: str = ""
    names_kind: bool = False
    more: Sequence[Mapping[int, str]] = ()
    notes: Sequence[tuple[str, ...]] = ()


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
    frames
        What the slider plays.
    """

    name: str
    classes: tuple[tuple[str, str], ...]
    kinds: Sequence[str]
    lines: Sequence[Sequence[str]]
    notes: tuple[str, ...]
    frames: PageFrames


@dataclass(frozen=True)
class HeatWords:
    """Every other word of the page, in one language.

    Attributes
    ----------
    steps_of
        Name of the slider.
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
CODE = r"""
const find = (id) => document.getElementById(id);
const now = { layer: heat.first, step: null, timer: 0 };
const playedOf = () => heat.layers[now.layer].frames;
const kindOf = (at) => now.step === null ? heat.layers[now.layer].kinds[at]
  : heat.letters[playedOf().kinds[now.step][at]];
const shapes = [];
cells.eachLayer((shape) => { shapes[Number(shape.feature.id)] = shape; });
function saidOf(at) {
  const played = playedOf();
  const kind = kindOf(at);
  if (kind === "not_enough" && played.few) return [played.few];
  const written = ([digits, values]) => values[now.step][at].toFixed(digits);
  const said = played.said.map((line) => line.replace(/@(\d)/g, (_, one) => written(played.figures[one])));
  const named = played.names_kind ? played.classes.filter((one) => one[0] === kind).map((one) => one[1]) : [];
  const more = played.more.length ? played.more[now.step][at] : null;
  return [...named, ...said, ...(more ? [more] : [])];
}
function linesOf(at) {
  const said = now.step === null ? heat.layers[now.layer].lines[at] : saidOf(at);
  return ["<b>" + heat.names[at] + "</b>", ...said].join("<br>");
}
function paint() {
  const layer = heat.layers[now.layer];
  const played = layer.frames;
  shapes.forEach((shape, at) => {
    shape.setStyle({ fillColor: "url(#look-" + kindOf(at) + ")", fillOpacity: 0.85 });
  });
  find("legend-title").innerHTML = layer.name;
  find("classes").innerHTML = (now.step === null ? layer : played).classes.map(([kind, span]) =>
    '<li><svg aria-hidden="true"><rect width="100%" height="100%" fill="url(#look-' + kind + ')"/></svg>'
    + span + "</li>").join("");
  const own = now.step === null || !played.notes.length ? layer.notes : played.notes[now.step];
  const ofWhole = now.step === null ? heat.notes : ["<b>" + heat.whole + "</b>", ...heat.notes];
  find("notes").innerHTML = [...own, ...ofWhole].map((note) => "<p>" + note + "</p>").join("");
  find("said").innerHTML = now.step === null ? "" : played.names[now.step];
  find("whole").hidden = now.step === null;
  find("slider").max = Math.max(0, played.names.length - 1);
  find("slider").value = now.step ?? 0;
  find("slider").setAttribute("aria-valuetext", find("said").textContent);
  find("slider").disabled = find("play").disabled = played.names.length < 2;
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
  paint();
}
const last = () => playedOf().names.length - 1;
const next = () => now.step === null || now.step >= last() ? 0 : now.step + 1;
function advance() {
  go(next());
  if (now.step < last()) now.timer = setTimeout(advance, heat.wait);
  else halt();
}
shapes.forEach((shape, at) => shape.bindTooltip(() => linesOf(at), { sticky: true }));
find("layers").addEventListener("change", (event) => {
  halt();
  const steps = last();
  now.layer = Number(event.target.value);
  go(last() === steps ? now.step : null);
});
find("slider").addEventListener("input", (event) => { halt(); go(Number(event.target.value)); });
find("whole").addEventListener("click", () => { halt(); go(null); });
find("play").addEventListener("click", () => {
  if (now.timer) return halt();
  find("play").innerHTML = heat.pause;
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) return advance();
  go(next());
  return halt();
});
L.control.scale({ imperial: false }).addTo(map);
document.querySelector(".legend").open = innerWidth > 480;
paint();
"""


def build_heat_page(
    cells: Sequence[Mapping[str, Any]],
    layers: Sequence[PageLayer],
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
        At least one.
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
        "letters": {letter: kind for kind, letter in LETTERS.items()},
        "notes": [plain(note) for note in words.notes],
        "play": plain(words.play),
        "pause": plain(words.pause),
        "whole": plain(words.whole),
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
        "frames": _write_frames(layer.frames),
    }


def _write_frames(frames: PageFrames) -> dict[str, Any]:
    return {
        "names": [plain(name) for name in frames.names],
        "classes": [[kind, plain(meaning)] for kind, meaning in frames.classes],
        "kinds": ["".join(LETTERS[kind] for kind in kinds) for kinds in frames.kinds],
        "figures": [
            [digits, [[_write_figure(value, digits) for value in step] for step in values]]
            for digits, values in frames.figures
        ],
        "said": [plain(line) for line in frames.said],
        "few": plain(frames.few),
        "names_kind": frames.names_kind,
        "more": [{number: plain(line) for number, line in lines.items()} for lines in frames.more],
        "notes": [[plain(note) for note in notes] for notes in frames.notes],
    }


def _write_figure(value: float, digits: int) -> float:
    """Write as few characters as the tip needs; what is not told is 0."""
    rounded = round(value, digits) if value == value else 0
    return int(rounded) if rounded == int(rounded) else rounded


def _write_data(data: Mapping[str, Any]) -> str:
    """Write data into a script: nothing in it ends the script, and nothing opens a template."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
