/** A building as floors and entrances: cells in the hue of their micro-grid, painted like the map. */

import { make } from "./elements.js";
import { codeName, shortSum } from "./editor_words.js";
import { count, say } from "./page_data.js";
import { HUES, softHue } from "./palette.js";

/** Share households over floors as the server does: whole numbers, spread evenly. */
export function perFloor(total, storeys) {
  return Array.from({ length: storeys }, (_, at) => Math.floor(((at + 1) * total) / storeys) - Math.floor((at * total) / storeys));
}

/** The stack view of one building. */
export class Stack {
  constructor({ place, board, actions, notices }) {
    Object.assign(this, { place, board, actions, notices, grid: null, building: null });
    this.painted = new Map();
    board.on("division chosen", () => this.grid && this.draw());
  }

  show(grid, building) {
    if (this.building !== building) this.painted.clear();
    this.grid = grid;
    this.building = building;
    this.draw();
  }

  draw() {
    this.grid = this.board.grids.get(this.grid?.code) ?? null;
    const building = this.grid?.buildings.get(this.building);
    if (!building) {
      this.place.replaceChildren(make("p.empty", {}, say("editor.stack_empty")));
      return;
    }
    const isBroken = this.grid.rowsOfBuilding.get(building.id).length > 1;
    this.place.replaceChildren(
      make("p", {}, make("b", {}, building.name || say("editor.building_number", { number: building.id })), ` ${shortSum(building.households, building.estimated)}`),
      make(
        "div.actions",
        {},
        this.button("editor.break", "break", () => this.actions.breakBuilding(this.grid, building.id), building.entrances.length < 2 || isBroken),
        this.button("editor.heal", "heal", () => this.actions.heal(this.grid, building.id), !isBroken),
        this.button("editor.stack_move", "stack-move", () => this.movePainted(), false),
        this.button("editor.stack_new", "stack-new", () => this.movePainted({ isNew: true }), false),
      ),
      make("p.quiet.small", {}, say("editor.stack_hint")),
      this.table(building),
    );
  }

  button(key, name, act, isOff) {
    return make("button.button", { type: "button", "data-do": name, disabled: isOff, onclick: act }, say(key));
  }

  /** The chosen micro-grid, if it lies in the grid of this building. */
  targetHere() {
    const { primary } = this.board;
    return primary !== null && this.grid.micro.has(primary) ? primary : null;
  }

  codeOfCell(entrance, floor) {
    for (const row of this.grid.rowsOfBuilding.get(this.building)) {
      const atom = this.grid.atoms[row];
      if (atom.entrance && atom.entrance !== entrance) continue;
      if (!atom.floor_from || (atom.floor_from <= floor && floor <= atom.floor_to)) return this.grid.codeAt(row);
    }
    return null;
  }

  table(building) {
    const highest = Math.max(1, ...building.entrances.map((one) => one.storeys));
    const table = make("table.stack", { role: "grid", "aria-label": say("editor.stack") });
    const head = building.entrances.map((one) => make("th", { scope: "col" }, say("editor.entrance", { number: one.number })));
    table.append(make("thead", {}, make("tr", {}, make("td"), ...head)));
    const body = make("tbody");
    const shares = new Map(building.entrances.map((one) => [one.number, perFloor(one.households, one.storeys)]));
    for (let floor = highest; floor >= 1; floor -= 1) {
      const cells = building.entrances.map((one) => (floor > one.storeys ? make("td") : this.cell(one, floor, shares.get(one.number)[floor - 1])));
      body.append(make("tr", {}, make("th", { scope: "row" }, String(floor)), ...cells));
    }
    table.append(body);
    this.paintOn(body);
    return table;
  }

  cell(entrance, floor, households) {
    const code = this.codeOfCell(entrance.number, floor);
    const key = `${entrance.number}/${floor}`;
    const name = `${say("editor.entrance", { number: entrance.number })} ${say("editor.floor", { floor })} ${shortSum(households)} ${codeName(code)}`;
    const isFirst = floor === 1 && entrance.number === 1 && !this.focused;
    const cell = make(
      "td.stack-cell",
      { role: "gridcell", tabindex: isFirst || this.focused === key ? 0 : -1, "data-cell": key, "aria-label": name, title: name, "aria-selected": String(this.painted.has(key)) },
      make("span", {}, count(households)),
    );
    const colour = code === null ? null : (this.grid.micro.get(code)?.colour ?? 0);
    cell.style.background = colour === null ? "#ffffff" : softHue(colour, 0.75);
    cell.style.borderColor = colour === null ? "#52606d" : HUES[colour % 6].dark;
    const isStart = floor === entrance.storeys || this.codeOfCell(entrance.number, floor + 1) !== code;
    if (isStart) cell.append(make("i", {}, codeName(code)));
    return cell;
  }

  /** Drag over cells to paint them; arrows walk, Space paints. */
  paintOn(body) {
    let way = null;
    const paint = (cell) => {
      const key = cell.dataset.cell;
      if (way) this.painted.set(key, key.split("/").map(Number));
      else this.painted.delete(key);
      cell.setAttribute("aria-selected", String(this.painted.has(key)));
    };
    body.addEventListener("pointerdown", (event) => {
      const cell = event.target.closest(".stack-cell");
      if (!cell || event.button > 0) return;
      event.preventDefault();
      if (event.target.hasPointerCapture?.(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
      way = !this.painted.has(cell.dataset.cell);
      cell.focus();
      paint(cell);
    });
    body.addEventListener("pointermove", (event) => {
      if (way === null || event.buttons === 0) return;
      const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest(".stack-cell");
      if (cell && body.contains(cell)) paint(cell);
    });
    window.addEventListener("pointerup", () => {
      way = null;
    });
    body.addEventListener("keydown", (event) => this.key(event, body));
    body.addEventListener("focusin", (event) => {
      this.focused = event.target.dataset.cell ?? this.focused;
    });
  }

  key(event, body) {
    const { cell } = event.target.dataset;
    if (!cell) return;
    const [entrance, floor] = cell.split("/").map(Number);
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      if (this.painted.has(cell)) this.painted.delete(cell);
      else this.painted.set(cell, [entrance, floor]);
      event.target.setAttribute("aria-selected", String(this.painted.has(cell)));
      return;
    }
    const step = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    body.querySelector(`[data-cell="${entrance + step[0]}/${floor + step[1]}"]`)?.focus();
  }

  /** Say the painted cells as bands of floors by entrance. */
  bands() {
    const byEntrance = new Map();
    for (const [entrance, floor] of this.painted.values()) {
      byEntrance.set(entrance, [...(byEntrance.get(entrance) ?? []), floor].sort((one, other) => one - other));
    }
    return byEntrance;
  }

  /** Break what the painted cells cut, then move them. */
  async movePainted({ isNew = false } = {}) {
    const target = this.targetHere();
    if (!this.painted.size) return this.notices.warn(say("editor.stack_paint_first"));
    if (!isNew && target === null) return this.notices.warn(say("editor.stack_choose_first"));
    const [code, building] = [this.grid.code, this.building];
    for (const [entrance, floors] of this.bands()) {
      const cuts = this.cutsFor(entrance, floors);
      if (cuts === null) continue;
      if (!(await this.actions.breakBuilding(this.grid, building, entrance, cuts))) return undefined;
    }
    const grid = this.board.grids.get(code);
    const rows = grid.rowsOfBuilding.get(building).filter((row) => this.isPainted(grid, row));
    this.painted.clear();
    this.board.select(grid, rows);
    return isNew ? this.actions.newFromSelection() : this.actions.moveSelection(target);
  }

  /** Give the first floors of new bands; an empty list breaks whole entrances apart, null needs no break. */
  cutsFor(entrance, floors) {
    const painted = new Set(floors);
    const { storeys } = this.grid.buildings.get(this.building).entrances.find((one) => one.number === entrance);
    const atoms = this.grid.rowsOfBuilding.get(this.building).map((row) => this.grid.atoms[row]);
    const cuts = [];
    for (let floor = 2; floor <= storeys; floor += 1) if (painted.has(floor) !== painted.has(floor - 1)) cuts.push(floor);
    const isWhole = atoms.length === 1 && !atoms[0].entrance;
    const open = cuts.filter((floor) => !atoms.some((atom) => atom.entrance === entrance && atom.floor_from === floor));
    if (open.length) return open;
    const paintsAll = [...this.grid.buildings.get(this.building).entrances].every((one) => this.bands().get(one.number)?.length === one.storeys);
    return isWhole && !paintsAll ? [] : null;
  }

  isPainted(grid, row) {
    const atom = grid.atoms[row];
    if (!atom.entrance) return true;
    return this.painted.has(`${atom.entrance}/${atom.floor_from || 1}`);
  }
}
