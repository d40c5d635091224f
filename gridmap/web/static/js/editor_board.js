/** What the page knows: grids, what is selected and chosen, who else is here; listeners hear of changes. */

import { Grid } from "./editor_model.js";

/** Events: "division" (codes changed), "selection", "chosen", "presence", "level". */
export class Board extends EventTarget {
  constructor() {
    super();
    this.plan = null;
    this.grids = new Map();
    this.gridOfCode = new Map();
    this.selection = { grid: null, rows: new Set() };
    this.chosen = new Set();
    this.level = "building";
    this.source = "any";
    this.isSeveral = false; // each micro-grid that is clicked is added to those chosen
    this.clients = [];
    this.waiting = new Map();
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }

  on(names, listener) {
    for (const name of names.split(" ")) this.addEventListener(name, listener);
  }

  open(opened) {
    this.plan = opened.plan;
    this.grids = new Map(opened.grids.map((one) => [one.grid.code, new Grid(one)]));
    this.chosen.clear();
    this.settle();
  }

  /** Put a grid in the place of what was known of it. */
  replace(division) {
    this.grids.set(division.grid.code, new Grid(division));
    this.settle();
  }

  nameCodes() {
    this.gridOfCode.clear();
    for (const grid of this.grids.values()) for (const code of grid.micro.keys()) this.gridOfCode.set(code, grid);
  }

  /** Take in an answer of the server; false where its grid must be read again. */
  take(answer) {
    const grid = this.grids.get(answer.grid.code);
    if (!grid) return true;
    const selected = this.selection.grid === grid ? this.selectedKeys() : null;
    const isKnown = grid.take(answer.grid);
    if (selected) {
      this.selection.rows = new Set(selected.filter((key) => grid.rowOf.has(key)).map((key) => grid.rowOf.get(key)));
    }
    this.settle();
    return isKnown;
  }

  settle() {
    this.nameCodes();
    for (const code of this.chosen) if (!this.gridOfCode.has(code)) this.chosen.delete(code);
    const { grid } = this.selection;
    if (grid && this.grids.get(grid.code) !== grid) this.selection = { grid: null, rows: new Set() };
    this.tell("division");
    this.tell("selection");
    this.tell("chosen");
  }

  microGrid(code) {
    return this.gridOfCode.get(code)?.micro.get(code) ?? null;
  }

  microGrids() {
    return [...this.grids.values()].flatMap((grid) => [...grid.micro.values()]);
  }

  /** The micro-grid chosen last: target of pushes, shown in full. */
  get primary() {
    return [...this.chosen].at(-1) ?? null;
  }

  choose(code, { more = false } = {}) {
    const was = this.chosen.has(code);
    if (!more) this.chosen.clear();
    if (code !== null && !(more && was)) this.chosen.add(code);
    else this.chosen.delete(code);
    this.tell("chosen");
  }

  selectedKeys() {
    const { grid, rows } = this.selection;
    return grid ? [...rows].map((row) => grid.atoms[row].key) : [];
  }

  selectedHouseholds() {
    const { grid, rows } = this.selection;
    return [...rows].reduce((sum, row) => sum + grid.households[row], 0);
  }

  clearSelection() {
    this.selection = { grid: null, rows: new Set() };
    this.tell("selection");
  }

  /** Tell whether the filter "take only from" and the locks let an atom be taken. */
  mayTake(grid, row) {
    const code = grid.codeAt(row);
    if (grid.isLocked(row)) return false;
    if (this.source === "unassigned") return code === null;
    if (this.source === "this") return code === this.primary;
    return true;
  }

  /**
   * Add atoms to the selection, or take them out.
   *
   * @param {"add"|"toggle"|"drop"} way
   */
  select(grid, rows, way = "add") {
    const allowed = rows.filter((row) => this.selection.rows.has(row) || this.mayTake(grid, row));
    if (this.selection.grid !== grid) this.selection = { grid, rows: new Set() };
    const chosen = this.selection.rows;
    const isIn = allowed.length > 0 && allowed.every((row) => chosen.has(row));
    for (const row of allowed) {
      if (way === "drop" || (way === "toggle" && isIn)) chosen.delete(row);
      else chosen.add(row);
    }
    if (!chosen.size) this.selection.grid = null;
    this.tell("selection");
    return allowed.length;
  }

  /** Where the browser sees atoms, counting what it has sent and the server has not answered yet. */
  expectedOf(grid, keys) {
    const seen = keys.map((key) => [key, this.waiting.has(key) ? this.waiting.get(key) : grid.codeOf(key)]);
    return Object.fromEntries(seen.filter(([, code]) => code !== undefined));
  }
}
