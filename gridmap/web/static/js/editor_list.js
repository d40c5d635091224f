/** The list of micro-grids, the farthest from the band first, with the 0–80–120 bar. */

import { icon, make, mark, MARKS } from "./elements.js";
import { rove } from "./editor_keys.js";
import { shortSum, spokenSum } from "./editor_words.js";
import { shortCode } from "./grid_style.js";
import { say } from "./page_data.js";

const TOP = 120;

/** How far a number of households is from the band; 0 inside it. */
export function strainOf(micro, rules) {
  return Math.max(0, rules.households_min - micro.households, micro.households - rules.households_max);
}

function measure(micro, rules) {
  const share = (number) => `${(Math.min(number, TOP) / TOP) * 100}%`;
  const band = make("span.band");
  band.style.left = share(rules.households_min);
  band.style.width = share(rules.households_max - rules.households_min);
  const value = make(`span.value.${micro.status}`);
  value.style.width = share(micro.households);
  return make("span.measure", { "aria-hidden": "true" }, band, value);
}

function rowText(micro, lockedBuildings) {
  const parts = [
    shortCode(micro.code),
    spokenSum(micro.households, micro.households_estimated),
    say(`editor.${micro.status}`),
  ];
  if (micro.pieces > 1) parts.push(say("editor.in_pieces", { count: micro.pieces }));
  if (micro.locked) parts.push(say("editor.locked"));
  if (lockedBuildings) parts.push(say("editor.locked_buildings", { count: lockedBuildings }));
  if (micro.stacked) parts.push(say("editor.stacked"));
  return parts.join(" ");
}

/** The list; it is drawn anew when a division changes, and only classes change otherwise. */
export class MicroGridList {
  constructor({ list, board, actions, show, pick }) {
    Object.assign(this, { list, board, actions, show, pick });
    this.rows = new Map();
    this.settle = rove(list, "li[data-code]", "button");
    list.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("click", (event) => this.click(event));
    document.getElementById("several").addEventListener("click", (event) => {
      board.isSeveral = !board.isSeveral;
      event.currentTarget.setAttribute("aria-pressed", String(board.isSeveral));
    });
    board.on("division level", () => this.draw());
    board.on("chosen", () => this.mark());
    board.on("selection", () => this.mark());
    board.on("presence", () => this.markHeld());
  }

  /** Count the locked buildings that a micro-grid holds, wholly or in part. */
  lockedIn(micro) {
    const grid = this.board.gridOfCode.get(micro.code);
    if (!grid.lockedBuildings.size) return 0;
    const rows = [...grid.membersOf(grid.numberOf(micro.code))];
    return new Set(rows.map((row) => grid.atoms[row].building_id).filter((id) => grid.lockedBuildings.has(id))).size;
  }

  row(micro, lockedBuildings, rules) {
    const marks = [micro.stacked ? MARKS.stacked : "", micro.pieces > 1 ? MARKS.finding : ""].filter(Boolean).join(" ");
    const lockName = say(micro.locked ? "editor.unlock_one" : "editor.lock_one", { code: shortCode(micro.code) });
    const lock = make(
      "button.row-lock",
      { type: "button", tabindex: -1, "aria-pressed": String(micro.locked), "aria-label": lockName, title: lockName },
      icon(micro.locked ? "lock" : "unlock"),
    );
    const held = lockedBuildings
      ? make("span.held", { title: say("editor.locked_buildings", { count: lockedBuildings }) }, icon("lock"))
      : null;
    held?.append(String(lockedBuildings));
    return make(
      "li",
      { "data-code": micro.code },
      make(
        "button.cell",
        {
          type: "button",
          tabindex: -1,
          "aria-pressed": "false",
          "aria-label": rowText(micro, lockedBuildings),
          title: micro.contents,
        },
        mark(micro.status, say(`editor.${micro.status}`)),
        make(
          "span.what",
          {},
          make("b", {}, [shortCode(micro.code), marks].filter(Boolean).join(" ")),
          held,
          make("span", {}, micro.contents),
        ),
        make(
          "span.number",
          {},
          `${shortSum(micro.households, micro.households_estimated)} ${say(`editor.${micro.status}`)}`,
        ),
        measure(micro, rules),
      ),
      lock,
      make(
        "button.row-move.button",
        { type: "button", tabindex: -1, "aria-label": `${say("editor.move_here")} ${shortCode(micro.code)}` },
        say("editor.move_here"),
      ),
    );
  }

  draw() {
    const { rules } = this.board.plan;
    const focused = document.activeElement?.closest?.("#micro-grids li")?.dataset.code;
    const ordered = this.board
      .microGrids()
      .sort(
        (one, other) =>
          strainOf(other, rules) - strainOf(one, rules) ||
          other.pieces - one.pieces ||
          one.code.localeCompare(other.code),
      );
    const known = this.rows;
    this.rows = new Map();
    const nodes = ordered.map((micro) => {
      const old = known.get(micro.code);
      const locked = this.lockedIn(micro);
      const node = old?.micro === micro && old.locked === locked ? old.node : this.row(micro, locked, rules);
      this.rows.set(micro.code, { node, micro, locked });
      return node;
    });
    this.list.replaceChildren(...(nodes.length ? nodes : [make("li.empty", {}, say("editor.no_micro_grids"))]));
    if (focused) this.rows.get(focused)?.node.querySelector(".cell").focus();
    this.settle();
    this.mark();
  }

  mark() {
    const { selection, chosen, gridOfCode } = this.board;
    this.list.classList.toggle("takes", selection.rows.size > 0);
    for (const [code, { node, micro }] of this.rows) {
      node.firstChild.setAttribute("aria-pressed", String(chosen.has(code)));
      const isElsewhere = selection.grid !== null && gridOfCode.get(code) !== selection.grid;
      node.classList.toggle("elsewhere", isElsewhere || (selection.rows.size > 0 && micro.locked));
    }
    const { primary } = this.board;
    if (primary) this.rows.get(primary)?.node.scrollIntoView({ block: "nearest" });
  }

  /** Say at each row who is dragging it. */
  markHeld() {
    const holders = new Map(this.board.clients.flatMap((one) => one.codes.map((code) => [code, one.by ?? ""])));
    for (const [code, { node }] of this.rows) {
      if (holders.has(code)) node.dataset.holder = holders.get(code);
      else delete node.dataset.holder;
    }
  }

  click(event) {
    const row = event.target.closest("li[data-code]");
    if (!row) return;
    const { code } = row.dataset;
    if (event.target.closest(".row-lock")) this.actions.lock([code], !this.board.microGrid(code).locked);
    else if (event.target.closest(".row-move")) this.actions.moveSelection(code);
    else if (!this.pick(code)) {
      this.board.choose(code, {
        more: this.board.isSeveral || event.ctrlKey || event.metaKey || event.shiftKey,
      });
      this.show(code);
    }
  }

  /** Enter gives the selection to the row; without a selection it chooses the row. Space adds the row. */
  key(event) {
    const row = event.target.closest("li[data-code]");
    if (!row || !event.target.matches(".cell")) return;
    if (event.key === "Enter" && this.board.selection.grid) {
      event.preventDefault();
      this.actions.moveSelection(row.dataset.code);
    } else if (event.key === " ") {
      event.preventDefault();
      this.board.choose(row.dataset.code, { more: true });
    }
  }

  /** Bring the keyboard to the list. */
  focus() {
    const { primary } = this.board;
    const row = (primary && this.rows.get(primary)?.node) ?? this.list.firstElementChild;
    row?.querySelector(".cell")?.focus();
  }
}
