/** The map by keys: a crosshair that arrows move; Space presses there as a pointer would. */

import { atomName, codeName, listed, spokenSum } from "./editor_words.js";
import { make } from "./elements.js";
import { say } from "./page_data.js";

const STEP_PX = 24;
const FAR_PX = 96;
const FINE_PX = 4;
const EDGE_PX = 64;
const WAYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** One crosshair on the map. */
export class Crosshair {
  constructor({ map, place, gestures, lookup, board, tools, notices }) {
    Object.assign(this, { map, gestures, lookup, board, tools, notices });
    this.mark = make("div.crosshair", { "aria-hidden": "true", hidden: true });
    place.append(this.mark);
    const own = map.getInteractions();
    for (const one of own.getArray().slice()) if (one instanceof ol.interaction.KeyboardPan) own.remove(one);
    const target = map.getTargetElement();
    target.addEventListener("keydown", (event) => event.target === target && this.key(event));
    target.addEventListener("focus", () => target.matches(":focus-visible") && this.show());
    target.addEventListener("blur", () => this.hide());
    target.addEventListener("pointerdown", () => this.hide());
    map.on("change:size", () => this.hide());
  }

  get isShown() {
    return !this.mark.hidden;
  }

  show() {
    if (this.isShown) return;
    const [width, height] = this.map.getSize();
    this.pixel ??= [width / 2, height / 2];
    this.mark.hidden = false;
    this.place();
  }

  hide() {
    this.mark.hidden = true;
    this.pixel = null;
  }

  place() {
    this.mark.style.left = `${this.pixel[0]}px`;
    this.mark.style.top = `${this.pixel[1]}px`;
  }

  key(event) {
    const way = WAYS[event.key];
    if (!way && event.key !== " ") return;
    if (event.altKey || event.metaKey) return;
    event.preventDefault();
    this.show();
    if (way) this.go(way, event.ctrlKey ? FINE_PX : event.shiftKey ? FAR_PX : STEP_PX);
    if (way) this.gestures.move(this.asPointer(event));
    else this.gestures.pressByKey(this.asPointer(event));
    this.tell();
  }

  /** Move the crosshair; near the edge the map moves below it. */
  go([right, down], step) {
    const size = this.map.getSize();
    const wanted = [this.pixel[0] + right * step, this.pixel[1] + down * step];
    this.pixel = wanted.map((at, axis) => Math.max(EDGE_PX, Math.min(size[axis] - EDGE_PX, at)));
    const beyond = wanted.map((at, axis) => at - this.pixel[axis]);
    if (beyond.some((by) => by !== 0)) {
      const view = this.map.getView();
      const [x, y] = view.getCenter();
      view.setCenter([x + beyond[0] * view.getResolution(), y - beyond[1] * view.getResolution()]);
      this.map.renderSync();
    }
    this.place();
  }

  asPointer({ shiftKey, altKey }) {
    return {
      pixel: this.pixel,
      coordinate: this.map.getCoordinateFromPixel(this.pixel),
      activePointers: [],
      originalEvent: { button: 0, pointerType: "key", shiftKey, altKey, ctrlKey: false },
    };
  }

  /** Say what lies below the crosshair, unless a gesture says more. */
  tell() {
    if (!this.gestures.isIdle()) return;
    const coordinate = this.map.getCoordinateFromPixel(this.pixel);
    const found = this.lookup.atomsAt(coordinate);
    const code = this.lookup.microGridAt(coordinate);
    const parts = [];
    if (found) parts.push(this.atomsText(found));
    if (code !== null) {
      const micro = this.board.microGrid(code);
      const sum = spokenSum(micro.households, micro.households_estimated);
      const chosen = this.board.chosen.has(code) ? ` ${say("editor.is_chosen")}` : "";
      parts.push(`${codeName(code)} ${sum} ${say(`editor.${micro.status}`)}${chosen}`);
    }
    const text = parts.length ? listed(parts) : say("editor.nothing_here");
    this.notices.say(text);
    if (this.tools.current === "select" || this.tools.current === "merge") this.tools.hint(text);
  }

  atomsText({ grid, rows }) {
    const building = grid.buildings.get(grid.atoms[rows[0]].building_id);
    const name = rows.length === 1 ? atomName(grid, grid.atoms[rows[0]]) : building.name;
    const sum = rows.reduce((total, row) => total + grid.households[row], 0);
    const parts = [`${name || say("editor.building_number", { number: building.id })} ${spokenSum(sum, building.estimated)}`];
    if (grid.lockedBuildings.has(building.id)) parts.push(say("editor.locked"));
    if (rows.every((row) => this.board.selection.rows.has(row)) && this.board.selection.grid === grid)
      parts.push(say("editor.is_selected"));
    return parts.join(" ");
  }
}
