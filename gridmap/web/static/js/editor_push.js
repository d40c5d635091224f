/** Pushing a boundary: grab a micro-grid, sweep over what it is to take, click once more. */

import { distance } from "./editor_places.js";
import { codeName } from "./editor_words.js";
import { say } from "./page_data.js";

const STEP_PX = 3;

/** One push at a time. */
export class Push {
  constructor({ map, lookup, board, live, actions, pending, notices, presence }) {
    Object.assign(this, { map, lookup, board, live, actions, pending, notices, presence });
    this.swept = null;
  }

  /** The first press grabs a micro-grid; a press while one is held is the second click. */
  press(coordinate) {
    this.isSecond = this.swept !== null;
    return this.isSecond || this.grab(this.codeAt(coordinate), coordinate);
  }

  /** The chosen micro-grid where its floors are above the pointer, else the one whose ground it is. */
  codeAt(coordinate) {
    const { primary, source } = this.board;
    const isAbove = source !== "this" && this.lookup.towerOf(primary, coordinate).length > 0;
    return isAbove ? primary : this.lookup.microGridAt(coordinate);
  }

  grab(code, coordinate) {
    const grid = this.board.gridOfCode.get(code);
    if (!grid) return false;
    if (grid.micro.get(code).locked) {
      this.notices.warn(say("editor.is_locked", { code: codeName(code) }));
      return false;
    }
    const { source, primary } = this.board;
    if (source === "this" && (primary === null || primary === code)) {
      this.notices.warn(say("editor.push_from_which"));
      return false;
    }
    const sources = { unassigned: [null], this: [primary] }[source];
    const tower = new Set(this.lookup.towerOf(code, coordinate)); // floors above and below: the stack view is for them
    this.swept = { grid, code, sources, tower, rows: new Set(), last: coordinate };
    if (source !== "this") this.board.choose(code);
    this.presence.lease([code]);
    this.pending.offer({
      text: say("editor.push_hint", { code: codeName(code) }),
      commit: () => this.end(),
      cancel: () => this.drop(),
    });
    return true;
  }

  sweepTo(coordinate) {
    const { swept } = this;
    if (!swept) return;
    const { last } = swept;
    if (distance(last, coordinate) < STEP_PX * this.map.getView().getResolution()) return;
    swept.last = coordinate;
    const size = swept.rows.size;
    for (const row of this.lookup.atomsTouched(swept.grid, last, coordinate)) {
      if (swept.grid.codeAt(row) !== swept.code && this.mayTake(swept.grid, row)) swept.rows.add(row);
    }
    if (swept.rows.size === size) return;
    const moves = [...swept.rows].map((row) => [row, swept.code]);
    this.pending.say(this.live.show({ grid: swept.grid, moves }));
  }

  mayTake(grid, row) {
    const { sources, tower } = this.swept;
    return !grid.isLocked(row) && !tower.has(row) && (!sources || sources.includes(grid.codeAt(row)));
  }

  letGo(isDragged) {
    if (this.isSecond && this.swept && !isDragged) this.pending.commit();
  }

  end() {
    const { grid, code, rows } = this.swept;
    this.drop();
    if (!rows.size) this.notices.say(say("editor.push_nothing", { code: codeName(code) }));
    return this.actions.push(grid, code, [...rows]);
  }

  drop() {
    if (this.swept) this.presence.release();
    this.swept = null;
  }
}
