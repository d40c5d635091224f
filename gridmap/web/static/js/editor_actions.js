/** Operations as the planner asks for them: what is sent, and what is said of the answer. */

import { ask, Problem } from "./api.js";
import { codeName, refusedText, reportText, spokenSum, stated } from "./editor_words.js";
import { count, page, say, sayOr } from "./page_data.js";

/** All that changes the plan goes through here. */
export class Actions {
  /**
   * @param {object} parts
   * @param {import("./editor_board.js").Board} parts.board
   * @param {import("./editor_notices.js").Notices} parts.notices
   * @param {import("./editor_pending.js").Pending} parts.pending
   */
  constructor({ board, notices, pending }) {
    Object.assign(this, { board, notices, pending });
    this.queue = null;
  }

  /** Send an operation on one grid; resolves with the answer, null where it was refused. */
  async send(grid, kind, args, { keys = [], to } = {}) {
    const expected = this.board.expectedOf(grid, keys);
    for (const key of keys) this.board.waiting.set(key, to);
    this.board.tell("division");
    return this.queue.add("operations", { grid: grid.code, kind, arguments: args, expected });
  }

  /** Note what an earlier visit left waiting. */
  noteWaiting(items) {
    for (const { body } of items) {
      const { atoms = [], ...more } = body.arguments ?? {};
      for (const key of atoms) this.board.waiting.set(key, body.kind === "push" ? more.code : more.to);
    }
  }

  /** Take in an answer, whoever asked. */
  async takeAnswer(answer) {
    if (!this.board.take(answer)) await this.readAgain(answer.grid.code);
  }

  async readAgain(code) {
    const opened = await ask(`/plans/${this.board.plan.id}/divisions`, { query: { area: code } });
    for (const one of opened.grids) this.board.replace(one);
  }

  async answered(answer, { body }) {
    for (const key of Object.keys(body.expected ?? {})) this.board.waiting.delete(key);
    await this.takeAnswer(answer);
    this.notices.say(this.textOf(answer));
    const grid = this.board.grids.get(answer.grid.code);
    if (answer.refused.length && grid) this.notices.warn(refusedText(grid, answer.refused));
  }

  /** Take in what the stream brings; what others did is said. */
  async hear(answer) {
    await this.takeAnswer(answer);
    const { by } = answer.operation;
    const isHere = this.board.grids.has(answer.grid.code);
    if (isHere && by !== page.username) this.notices.say(`${by ?? say("editor.somebody")}: ${this.textOf(answer)}`);
  }

  textOf({ operation, report }) {
    const kind = sayOr(`editor.did_${operation.kind}`, operation.kind);
    const { households_moved: homes } = operation;
    const moved = homes ? say("editor.households_moved", { count: count(homes) }) : "";
    const more = `${moved} ${reportText(report, this.board.plan.rules, spokenSum)}`.trim();
    return more ? say("editor.did", { what: kind, more }) : kind;
  }

  async refused(problem, { body }) {
    for (const key of Object.keys(body.expected ?? {})) this.board.waiting.delete(key);
    this.notices.warn(problem.message);
    // The view may be behind: read what is true.
    if (problem.status === 409 && body.grid) await this.readAgain(body.grid);
    else this.board.tell("division");
  }

  selected() {
    const { grid, rows } = this.board.selection;
    if (!grid) this.notices.warn(say("editor.select_first"));
    return grid ? { grid, keys: this.board.selectedKeys(), rows: [...rows] } : null;
  }

  /** Move the selection to a micro-grid; null takes it out of any. */
  async moveSelection(to) {
    const chosen = this.selected();
    if (!chosen) return null;
    const { grid } = chosen;
    if (to !== null && this.board.gridOfCode.get(to) !== grid) {
      this.notices.warn(say("editor.other_grid", { grid: grid.name }));
      return null;
    }
    const keys = chosen.keys.filter((key) => grid.codeOf(key) !== to || this.board.waiting.has(key));
    if (!keys.length) {
      this.notices.warn(say("editor.already_there", { code: codeName(to) }));
      return null;
    }
    this.board.clearSelection();
    return this.send(grid, "move", { atoms: keys, to }, { keys, to });
  }

  cut(grid, code, line) {
    return this.send(grid, "cut", { codes: [code], line });
  }

  async newFromSelection() {
    const chosen = this.selected();
    if (!chosen) return null;
    this.board.clearSelection();
    return this.send(chosen.grid, "new", { atoms: chosen.keys }, { keys: chosen.keys });
  }

  /** Exchange the selected atoms of two micro-grids. */
  async swapSelection() {
    const chosen = this.selected();
    if (!chosen) return null;
    const { grid, rows } = chosen;
    const codes = [...new Set(rows.map((row) => grid.codeAt(row)))];
    if (codes.length !== 2) {
      this.notices.warn(say("editor.swap_needs_two"));
      return null;
    }
    const [atoms, others] = codes.map((code) =>
      rows.filter((row) => grid.codeAt(row) === code).map((row) => grid.atoms[row].key),
    );
    this.board.clearSelection();
    return this.send(grid, "swap", { atoms, others }, { keys: [...atoms, ...others] });
  }

  /** Give the codes chosen, all of one grid; says what is missing otherwise. */
  chosenCodes(least) {
    const codes = [...this.board.chosen];
    const grids = new Set(codes.map((code) => this.board.gridOfCode.get(code)));
    if (codes.length < least) this.notices.warn(say(least > 1 ? "editor.choose_two" : "editor.choose_one"));
    else if (grids.size > 1) this.notices.warn(say("editor.one_grid_only"));
    else return { codes, grid: [...grids][0] };
    return null;
  }

  /** Ask first what merging would give, then merge. */
  async mergeChosen() {
    const chosen = this.chosenCodes(2);
    if (chosen) await this.confirm(chosen.grid, "merge", { codes: chosen.codes });
  }

  async rebalanceChosen() {
    const chosen = this.chosenCodes(2);
    if (chosen) await this.confirm(chosen.grid, "rebalance", { codes: chosen.codes });
  }

  /** Show what an operation would do (nothing is written) and do it when the planner agrees. */
  async confirm(grid, kind, args, { shape = null } = {}) {
    let seen;
    try {
      seen = await ask(`/plans/${this.board.plan.id}/operations/preview`, {
        method: "POST",
        body: { grid: grid.code, kind, arguments: args },
      });
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      this.notices.warn(fault.message);
      this.pending.cancel();
      return;
    }
    const keys = seen.moves.map(([key]) => key);
    const parts = [reportText(seen.report, this.board.plan.rules)];
    if (seen.refused?.length) parts.push(say("editor.will_stay", { count: count(seen.refused.length) }));
    this.pending.offer({
      text: `${say(`editor.will_${kind}`)} ${stated(parts)}`,
      show: (live) => live.show({ grid, moves: seen.moves.map(([key, , to]) => [grid.rowOf.get(key), to]), shape }),
      commit: () => this.send(grid, kind, args, { keys }),
    });
  }

  /** Push a border: a micro-grid takes atoms; null gives them to none. */
  push(grid, code, rows) {
    if (!rows.length) return null;
    const keys = rows.map((row) => grid.atoms[row].key);
    return this.send(grid, "push", { code, atoms: keys }, { keys, to: code });
  }

  breakBuilding(grid, building, entrance = null, floors = null) {
    return this.send(grid, "break", { building, entrance, floors });
  }

  heal(grid, building, to = null) {
    return this.send(grid, "heal", { building, to });
  }

  /** Give all unassigned atoms to neighbours with room, grid by grid. */
  async fill() {
    const open = [...this.board.grids.values()].filter((grid) => grid.membersOf(-1).size);
    if (!open.length) this.notices.say(say("editor.nothing_unassigned"));
    for (const grid of open) await this.send(grid, "fill", {});
  }

  async lock(codes, isLocked) {
    for (const grid of new Set(codes.map((code) => this.board.gridOfCode.get(code)))) {
      const changed = codes.filter((code) => grid.micro.has(code) && grid.micro.get(code).locked !== isLocked);
      if (changed.length) await this.send(grid, isLocked ? "lock" : "unlock", { codes: changed });
    }
  }

  /** Lock or unlock buildings of one grid, all in one operation. */
  async lockBuildings(grid, ids, isLocked) {
    const changed = ids.filter((id) => grid.lockedBuildings.has(id) !== isLocked);
    if (!changed.length) return;
    if (isLocked && this.board.selection.grid === grid) this.board.clearSelection();
    await this.send(grid, isLocked ? "lock_buildings" : "unlock_buildings", { buildings: changed });
  }

  /** Lock the buildings that are selected. */
  lockSelected() {
    const chosen = this.selected();
    if (!chosen) return null;
    const ids = new Set(chosen.rows.map((row) => chosen.grid.atoms[row].building_id));
    return this.lockBuildings(chosen.grid, [...ids], true);
  }

  /** Lock or unlock all buildings of what is open. */
  async lockAllBuildings(isLocked) {
    for (const grid of this.board.grids.values()) await this.lockBuildings(grid, [...grid.buildings.keys()], isLocked);
  }

  /** List what would bring a micro-grid back into the band. */
  async listRemedies(code) {
    const query = { micro_grid: code };
    return (await ask(`/plans/${this.board.plan.id}/remedies`, { query })).remedies;
  }

  remedy(code, rank) {
    return this.send(this.board.gridOfCode.get(code), "remedy", { code, rank });
  }

  undo() {
    return this.queue.add("undo", {});
  }

  redo() {
    return this.queue.add("redo", {});
  }
}
