/** An area too large to be opened whole: its grids on the map and in a list, the worst first, to be chosen from. */

import { ask } from "./api.js";
import { rove } from "./editor_keys.js";
import { boundsAround } from "./editor_open.js";
import { readGeometry } from "./editor_places.js";
import { overviewStyle } from "./editor_styles.js";
import { make, MARKS } from "./elements.js";
import { fitTo } from "./map.js";
import { areaName, count, page, say } from "./page_data.js";

/** How much work a grid needs. */
function strainOf(grid) {
  return grid.under + grid.over + grid.torn + Number(grid.unassigned > 0);
}

/** How a grid stands, by marks: `▲2 ▽1 ?34`, or `✓`. */
export function stateText(grid) {
  const parts = [
    [MARKS.over, grid.over],
    [MARKS.under, grid.under],
    [MARKS.finding, grid.torn],
    ["?", grid.unassigned],
  ];
  const said = parts.filter(([, number]) => number).map(([mark, number]) => `${mark}${count(number)}`);
  return said.length ? said.join(" ") : MARKS.in_band;
}

/** The same in words. */
function stateWords(grid) {
  const parts = [
    ["editor.grid_over", grid.over],
    ["editor.grid_under", grid.under],
    ["editor.grid_torn", grid.torn],
    ["editor.grid_unassigned", grid.unassigned],
  ];
  const said = parts.filter(([, number]) => number).map(([key, number]) => say(key, { count: count(number) }));
  return said.length ? said.join(" · ") : say("editor.grid_good");
}

/** Name a grid, and its community where the name does not say it. */
function namesOf(grid) {
  const isSaid = !grid.community || grid.name.includes(grid.community);
  const community = isSaid ? "" : areaName({ name: grid.community, name_en: grid.community_en });
  return { name: areaName(grid), community };
}

/** Grids to be chosen from; `open(codes)` opens them. */
export class Overview {
  constructor({ map, place, panel, open, notices }) {
    Object.assign(this, { map, place, panel, open, notices });
    this.isOpen = false;
    this.grids = [];
    this.chosen = new Set();
    this.source = new ol.source.Vector();
    const style = (feature, resolution) => overviewStyle(feature, resolution, this.chosen);
    map.addLayer(new ol.layer.Vector({ source: this.source, style, zIndex: 50, declutter: true }));
    map.on("dblclick", ({ coordinate }) => this.isOpen && this.openAt(coordinate));
    this.list = panel.querySelector("#grids");
    this.words = panel.querySelector("#grid-search");
    this.all = panel.querySelector("#grids-all");
    this.go = panel.querySelector("#grids-open");
    this.settle = rove(this.list, "li", "input, button");
    this.words.addEventListener("input", () => this.draw());
    this.all.addEventListener("click", () => this.chooseAll());
    this.go.addEventListener("click", () => this.openChosen());
    this.list.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("input")) return;
      event.preventDefault();
      if (this.chosen.size) this.openChosen();
      else this.open([event.target.value]);
    });
  }

  /** Read how the grids of an area stand, and show them. */
  async show(plan, area) {
    this.grids = (await ask(`/plans/${plan}/grids`, { query: { area } })).items.sort(
      (one, other) => strainOf(other) - strainOf(one) || one.code.localeCompare(other.code),
    );
    this.isOpen = true;
    this.chosen.clear();
    this.words.value = "";
    this.source.clear();
    this.source.addFeatures(
      this.grids.map((grid) => {
        const feature = new ol.Feature({ name: namesOf(grid).name, state: stateText(grid), geometry: readGeometry(grid.geometry) });
        feature.setId(grid.code);
        return feature;
      }),
    );
    this.panel.hidden = false;
    document.body.classList.add("choosing");
    document.getElementById("tools").inert = true;
    this.draw();
    fitTo(this.map, boundsAround(this.grids.map((grid) => grid.bounds)), { duration: 0 });
    const strained = this.grids.filter(strainOf).length;
    const said = say("editor.overview", { count: count(this.grids.length), strained: count(strained) });
    this.place.replaceChildren(make("p", {}, make("b", {}, said)), make("p", {}, say("editor.overview_do")));
    this.place.hidden = false;
    this.notices.say(said);
  }

  close() {
    this.isOpen = false;
    this.source.clear();
    this.place.hidden = true;
    this.panel.hidden = true;
    document.body.classList.remove("choosing");
    document.getElementById("tools").inert = false;
  }

  found() {
    const words = this.words.value.trim().toLowerCase();
    const textOf = ({ name, name_en: english, community, code }) => `${name} ${english} ${community} ${code}`.toLowerCase();
    return this.grids.filter((grid) => textOf(grid).includes(words));
  }

  draw() {
    const rows = this.found().map((grid) => this.row(grid));
    this.list.replaceChildren(...(rows.length ? rows : [make("li.empty", {}, say("editor.atoms_none"))]));
    if (rows.length) this.settle();
    this.mark();
  }

  row(grid) {
    const { name, community } = namesOf(grid);
    const box = make("input", { type: "checkbox", tabindex: -1, value: grid.code, "data-grid": grid.code });
    box.addEventListener("change", () => this.choose(grid.code, box.checked));
    return make(
      "li",
      {},
      make(
        "label",
        {},
        box,
        make("span", {}, make("b", {}, name), make("span.quiet.small", {}, ` ${community}`)),
        make(
          `span.grid-state${strainOf(grid) ? ".strained" : ""}`,
          { "aria-label": stateWords(grid), title: stateWords(grid), role: "img" },
          stateText(grid),
        ),
      ),
      make(
        "button.button",
        {
          type: "button",
          tabindex: -1,
          "aria-label": `${say("editor.open")} ${name}`,
          onclick: () => this.open([grid.code]),
        },
        say("editor.open"),
      ),
    );
  }

  choose(code, isChosen) {
    if (isChosen && this.chosen.size >= page.most_grids)
      this.notices.warn(say("editor.most_grids", { most: count(page.most_grids) }));
    else if (isChosen) this.chosen.add(code);
    else this.chosen.delete(code);
    this.mark();
  }

  chooseAll() {
    const codes = this.found().map((grid) => grid.code);
    const isAll = codes.slice(0, page.most_grids).every((code) => this.chosen.has(code));
    if (!isAll && codes.length > page.most_grids)
      this.notices.warn(say("editor.most_grids", { most: count(page.most_grids) }));
    this.chosen = new Set(isAll ? [] : codes.slice(0, page.most_grids));
    this.mark();
  }

  mark() {
    for (const box of this.list.querySelectorAll("input")) box.checked = this.chosen.has(box.value);
    this.go.disabled = this.chosen.size === 0;
    this.go.textContent = say("editor.open_chosen", { count: count(this.chosen.size) });
    this.source.changed();
  }

  codeAt(coordinate) {
    return this.source.getFeaturesAtCoordinate(coordinate)[0]?.getId() ?? null;
  }

  /** A click chooses a grid, or leaves it again. */
  pickAt(coordinate) {
    const code = this.codeAt(coordinate);
    if (code === null) return;
    this.choose(code, !this.chosen.has(code));
    this.list.querySelector(`[data-grid="${code}"]`)?.closest("li").scrollIntoView({ block: "nearest" });
    const grid = this.grids.find((one) => one.code === code);
    const key = this.chosen.has(code) ? "editor.grid_chosen" : "editor.grid_left";
    const { name, community } = namesOf(grid);
    this.notices.say(say(key, { name: `${community} ${name} ${stateWords(grid)}`.trim() }));
  }

  openAt(coordinate) {
    const code = this.codeAt(coordinate);
    if (code !== null) this.open([code]);
  }

  openChosen() {
    if (this.chosen.size) this.open([...this.chosen]);
  }
}
