/** A building as floors and entrances: cells in the hue of their micro-grid, painted like the map. */

import { icon, make, MARKS } from "./elements.js";
import { cutsFor, floorsByEntrance, isPainted, perFloor } from "./editor_floors.js";
import { codeName, shortSum, signed, statusOf } from "./editor_words.js";
import { shortCode } from "./grid_style.js";
import { count, say } from "./page_data.js";
import { HUES, softHue } from "./palette.js";

/** The number of a micro-grid inside its grid. */
function numberOf(code) {
  return shortCode(code).split("-").pop();
}

/** Entrance and floor of a cell. */
function placeOf(cell) {
  return cell.dataset.cell.split("/").map(Number);
}

/** The stack view of one building. */
export class Stack {
  constructor({ place, board, actions, notices }) {
    Object.assign(this, { place, board, actions, notices, grid: null, building: null });
    this.painted = new Map();
    this.sum = make("p.stack-sum", { "aria-live": "polite" });
    this.drag = null;
    window.addEventListener("pointerup", () => {
      this.drag = null;
    });
    board.on("division chosen", () => this.grid && this.draw());
  }

  show(grid, building) {
    if (this.building !== building) {
      this.painted.clear();
      this.focused = null;
    }
    this.grid = grid;
    this.building = building;
    this.draw();
  }

  draw() {
    const { activeElement } = document;
    const focused = this.place.contains(activeElement) ? { ...activeElement.dataset } : {};
    this.build();
    const name = ["cell", "do"].find((one) => focused[one] !== undefined);
    if (name) this.place.querySelector(`[data-${name}="${focused[name]}"]`)?.focus();
  }

  build() {
    this.grid = this.board.grids.get(this.grid?.code) ?? null;
    const building = this.grid?.buildings.get(this.building);
    if (!building) {
      this.place.replaceChildren(make("p.empty", {}, say("editor.stack_empty")));
      return;
    }
    const isBroken = this.grid.rowsOfBuilding.get(building.id).length > 1;
    const isLocked = this.grid.lockedBuildings.has(building.id);
    const lock = () => this.actions.lockBuildings(this.grid, [building.id], !isLocked);
    const acts = make(
      "div.actions",
      {},
      this.button(
        "editor.break",
        "break",
        () => this.actions.breakBuilding(this.grid, building.id),
        this.whyWhole(building, isBroken, isLocked),
      ),
      this.button("editor.heal", "heal", () => this.actions.heal(this.grid, building.id), !isBroken || isLocked),
      this.button("editor.stack_select", "stack-select", () => this.selectPainted(), isLocked),
      this.button("editor.stack_move", "stack-move", () => this.movePainted(), isLocked),
      this.button("editor.stack_new", "stack-new", () => this.movePainted({ isNew: true }), isLocked),
      this.button(isLocked ? "editor.unlock_building" : "editor.lock_building", "lock-building", lock, false),
    );
    this.place.replaceChildren(
      make(
        "p",
        {},
        isLocked ? icon("lock") : null,
        make("b", {}, building.name || say("editor.building_number", { number: building.id })),
        ` ${shortSum(building.households, building.estimated)}${isLocked ? ` · ${say("editor.locked")}` : ""}`,
      ),
      make("div.stack-head", {}, acts, this.sum), // it stays in sight while a tower is walked down
      this.table(building),
    );
    this.sum.textContent = this.sumText();
  }

  /** Bring the keyboard to the cells. */
  focus() {
    this.place.querySelector(".stack-cell[tabindex='0']")?.focus();
  }

  /** A button; why it is off stands in its title, where a reason is given instead of true. */
  button(key, name, act, off) {
    const title = typeof off === "string" ? off : null;
    const attributes = { type: "button", "data-do": name, disabled: Boolean(off), title, onclick: act };
    return make("button.button", attributes, say(key));
  }

  /** Say why a building cannot be broken by entrance, null if it can. */
  whyWhole(building, isBroken, isLocked) {
    const reasons = [
      [!building.households, "break_no_homes"],
      [this.board.plan.rules.may_break_buildings === false, "break_not_allowed"],
      [isLocked, "break_locked"],
      [isBroken, "break_is_broken"],
      [building.entrances.length < 2, "break_one_entrance"],
    ];
    const found = reasons.find(([holds]) => holds);
    return found ? say(`editor.${found[1]}`) : null;
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
    this.entrances = building.entrances;
    const highest = Math.max(1, ...building.entrances.map((one) => one.storeys));
    const table = make("table.stack", {
      role: "grid",
      "aria-multiselectable": "true",
      "aria-label": `${say("editor.stack")} ${building.name}`,
    });
    const head = building.entrances.map((one) =>
      make("th", { scope: "col" }, say("editor.entrance", { number: one.number })),
    );
    table.append(make("thead", {}, make("tr", {}, make("td"), ...head)));
    const body = make("tbody");
    const shares = new Map(building.entrances.map((one) => [one.number, perFloor(one.households, one.storeys)]));
    for (let floor = highest; floor >= 1; floor -= 1) {
      const cells = building.entrances.map((one) =>
        floor > one.storeys ? make("td") : this.cell(one, floor, shares.get(one.number)[floor - 1]),
      );
      body.append(make("tr", {}, make("th", { scope: "row" }, String(floor)), ...cells));
    }
    table.append(body);
    this.paintOn(body);
    return table;
  }

  cell(entrance, floor, households) {
    const code = this.codeOfCell(entrance.number, floor);
    const key = `${entrance.number}/${floor}`;
    const place = `${say("editor.entrance", { number: entrance.number })} ${say("editor.floor", { floor })}`;
    const name = `${place} ${shortSum(households)} ${codeName(code)}`;
    const isFirst = floor === entrance.storeys && entrance === this.entrances[0] && !this.focused;
    const cell = make(
      "td.stack-cell",
      {
        role: "gridcell",
        tabindex: isFirst || this.focused === key ? 0 : -1,
        "data-cell": key,
        "aria-label": name,
        title: name,
        "aria-selected": String(this.painted.has(key)),
      },
      make("span", {}, count(households)),
    );
    const colour = code === null ? null : (this.grid.micro.get(code)?.colour ?? 0);
    cell.style.background = colour === null ? "#ffffff" : softHue(colour, 0.75);
    cell.style.borderColor = colour === null ? "#52606d" : HUES[colour % 6].dark;
    const isStart = floor === entrance.storeys || this.codeOfCell(entrance.number, floor + 1) !== code;
    if (isStart) cell.append(make("i", {}, code === null ? "?" : numberOf(code)));
    return cell;
  }

  /** Drag over cells to paint the block between; arrows walk, Space paints one. */
  paintOn(body) {
    body.addEventListener("pointerdown", (event) => {
      const cell = event.target.closest(".stack-cell");
      if (!cell || event.button > 0) return;
      event.preventDefault();
      if (event.target.hasPointerCapture?.(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
      const [entrance, floor] = placeOf(cell);
      this.drag = { entrance, floor, before: new Map(this.painted), paints: !this.painted.has(cell.dataset.cell) };
      cell.focus();
      this.paintTo(body, cell);
    });
    body.addEventListener("pointermove", (event) => {
      if (!this.drag || event.buttons === 0) return;
      const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest(".stack-cell");
      if (cell && body.contains(cell)) this.paintTo(body, cell);
    });
    body.addEventListener("keydown", (event) => this.key(event, body));
    body.addEventListener("focusin", (event) => {
      this.focused = event.target.dataset.cell ?? this.focused;
      for (const cell of body.querySelectorAll(".stack-cell")) cell.tabIndex = cell === event.target ? 0 : -1;
    });
    body.addEventListener("keyup", (event) => {
      if (event.key === "Shift") this.drag = null;
    });
  }

  paintTo(body, last) {
    const [entrance, floor] = placeOf(last);
    const isBetween = (value, one, other) => Math.min(one, other) <= value && value <= Math.max(one, other);
    this.painted = new Map(this.drag.before);
    for (const cell of body.querySelectorAll(".stack-cell")) {
      const at = placeOf(cell);
      if (!isBetween(at[0], this.drag.entrance, entrance) || !isBetween(at[1], this.drag.floor, floor)) continue;
      if (this.drag.paints) this.painted.set(cell.dataset.cell, at);
      else this.painted.delete(cell.dataset.cell);
    }
    this.showPainted(body);
  }

  showPainted(body) {
    for (const cell of body.querySelectorAll(".stack-cell")) {
      cell.setAttribute("aria-selected", String(this.painted.has(cell.dataset.cell)));
    }
    this.sum.textContent = this.sumText();
  }

  /** Count what is painted, and what the chosen micro-grid would hold with it. */
  sumText() {
    if (!this.painted.size) return say("editor.stack_hint");
    const { entrances } = this.grid.buildings.get(this.building);
    const target = this.targetHere();
    let [sum, gain] = [0, 0];
    for (const [number, floor] of this.painted.values()) {
      const entrance = entrances.find((one) => one.number === number);
      const here = perFloor(entrance.households, entrance.storeys)[floor - 1];
      sum += here;
      if (this.codeOfCell(number, floor) !== target) gain += here;
    }
    const said = say("editor.stack_sum", { count: count(this.painted.size), households: shortSum(sum) });
    if (target === null) return said;
    const { households, households_estimated: estimated } = this.grid.micro.get(target);
    const status = statusOf(households + gain, this.board.plan.rules);
    const now = `${codeName(target)} ${shortSum(households + gain, estimated)} (${signed(gain)})`;
    return `${said} → ${now} ${MARKS[status]} ${say(`editor.${status}`)}`;
  }

  /** Arrows walk, with Shift they paint the block they pass; Space paints one cell, Enter moves what is painted. */
  key(event, body) {
    const { cell } = event.target.dataset;
    if (!cell) return;
    const [entrance, floor] = cell.split("/").map(Number);
    const step = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!step && event.key !== " " && !(event.key === "Enter" && this.painted.size)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") this.movePainted();
    else if (event.key === " ") {
      if (this.painted.has(cell)) this.painted.delete(cell);
      else this.painted.set(cell, [entrance, floor]);
      this.showPainted(body);
    } else this.walk(event, body, `${entrance + step[0]}/${floor + step[1]}`);
  }

  walk(event, body, to) {
    const next = body.querySelector(`[data-cell="${to}"]`);
    if (!next) return;
    if (event.shiftKey) {
      const [entrance, floor] = placeOf(event.target);
      this.drag ??= { entrance, floor, before: new Map(this.painted), paints: true };
      this.paintTo(body, next);
    } else this.drag = null;
    next.focus();
  }

  /** Move what is painted, and nothing else. */
  async movePainted({ isNew = false } = {}) {
    const target = this.targetHere();
    if (!isNew && target === null) return this.notices.warn(say("editor.stack_choose_first"));
    if (this.painted.size) this.board.clearSelection();
    if (!(await this.selectPainted())) return undefined;
    return isNew ? this.actions.newFromSelection() : this.actions.moveSelection(target);
  }

  /** Break what the painted cells cut, then select them, beside what is selected; tells whether that was done. */
  async selectPainted() {
    if (!this.painted.size) {
      this.notices.warn(say("editor.stack_paint_first"));
      return false;
    }
    const { code } = this.grid;
    const id = this.building;
    const painted = floorsByEntrance(this.painted.values());
    for (const entrance of painted.keys()) {
      const cuts = cutsFor(this.grid.buildings.get(id), this.atomsHere(), painted, entrance);
      if (cuts !== null && !(await this.actions.breakBuilding(this.grid, id, entrance, cuts))) return false;
    }
    const grid = this.board.grids.get(code);
    const rows = grid.rowsOfBuilding.get(id).filter((row) => isPainted(grid.atoms[row], painted));
    this.painted.clear();
    this.draw();
    if (!this.board.select(grid, rows)) {
      this.notices.warn(say("editor.not_allowed"));
      return false;
    }
    const sum = shortSum(this.board.selectedHouseholds());
    this.notices.say(say("editor.selected", { count: count(this.board.selection.rows.size), households: sum }));
    return true;
  }

  atomsHere() {
    return this.grid.rowsOfBuilding.get(this.building).map((row) => this.grid.atoms[row]);
  }
}
