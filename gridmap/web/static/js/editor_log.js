/** Who moved what, from where to where, newest first; filtered by person, kind and micro-grid. */

import { ask, orShow } from "./api.js";
import { codeName, keyName, listed } from "./editor_words.js";
import { make } from "./elements.js";
import { count, moment, say, sayOr } from "./page_data.js";

const PART = 50;
const MOST_NAMED = 30;
const KINDS = [
  ["move", "new", "merge", "cut", "push", "break", "heal", "swap", "fill", "rebalance", "remedy"],
  ["lock", "unlock", "lock_buildings", "unlock_buildings", "recount", "undo"],
].flat();

/** Say by how much buildings were counted anew. */
function recountText({ kind, arguments: { buildings, counts } }) {
  if (kind !== "recount") return "";
  const sum = (at) => counts.reduce((total, row) => total + row[at], 0);
  return say("editor.log_recounted", { buildings: count(buildings.length), before: count(sum(1)), after: count(sum(3)) });
}

/** The log in its panel. */
export class Log {
  constructor({ place, fault, board, plan }) {
    Object.assign(this, { place, fault, board, plan });
    this.kind = make("select.input", { "aria-label": say("editor.log_kind"), onchange: () => this.read() });
    this.kind.append(
      make("option", { value: "" }, say("editor.log_kind_any")),
      ...KINDS.map((kind) => make("option", { value: kind }, say(`editor.did_${kind}`))),
    );
    this.by = make("input.input", {
      type: "search",
      "aria-label": say("editor.log_by"),
      placeholder: say("editor.log_by"),
      onchange: () => this.read(),
    });
    this.chosen = make("input", { type: "checkbox", onchange: () => this.read() });
    this.list = make("ul.log", { "aria-label": say("editor.tab_log") });
    this.more = make("button.button", { type: "button", onclick: () => this.read({ isMore: true }) }, say("editor.log_more"));
    const file = make(
      "a.button.plain",
      { href: `/api/v1/plans/${plan}/operations.csv`, download: true },
      say("editor.log_csv"),
    );
    place.replaceChildren(
      make(
        "div.log-filters",
        { role: "group", "aria-label": say("editor.log_filters") },
        this.kind,
        this.by,
        make("label.check", {}, this.chosen, say("editor.log_chosen")),
      ),
      this.list,
      make("div.actions", {}, this.more, file),
    );
  }

  /** Read the newest operations, or those before the last one shown. */
  async read({ isMore = false } = {}) {
    const query = {
      limit: PART,
      kind: this.kind.value,
      by: this.by.value.trim(),
      micro_grid: this.chosen.checked ? this.board.primary : null,
      after: isMore ? this.next : null,
    };
    const answer = await orShow(this.fault, () => ask(`/plans/${this.plan}/operations`, { query }));
    if (!answer) return;
    this.next = answer.next;
    this.more.hidden = !answer.next;
    const rows = answer.items.map((entry) => this.row(entry));
    if (isMore) this.list.append(...rows);
    else this.list.replaceChildren(...(rows.length ? rows : [make("li.empty", {}, say("editor.log_empty"))]));
  }

  row(entry) {
    const codes = (at) => listed([...new Set(entry.moves.map((move) => codeName(move[at])))]);
    const moved = entry.households_moved
      ? say("editor.log_moved", { count: count(entry.households_moved), from: codes(1), to: codes(2) })
      : recountText(entry);
    const head = [
      make("b", {}, sayOr(`editor.did_${entry.kind}`, entry.kind)),
      ` ${moved}`,
      entry.taken_back ? make("span.badge", {}, say("editor.taken_back")) : null,
    ];
    const about = make("p.quiet.small", {}, `${entry.by ?? say("editor.somebody")} · ${moment(entry.at)}`);
    if (!entry.moves.length) return make("li", { "data-operation": entry.id }, make("p", {}, ...head), about);
    return make(
      "li",
      { "data-operation": entry.id },
      make("details", {}, make("summary", {}, ...head), this.moves(entry)),
      about,
    );
  }

  /** Name each atom that moved. */
  moves(entry) {
    const grid = this.board.grids.get(entry.grid);
    const rows = entry.moves
      .slice(0, MOST_NAMED)
      .map(([key, from, to]) =>
        make("li", {}, `${grid ? keyName(grid, key) : key}: ${codeName(from)} → ${codeName(to)}`),
      );
    const left = entry.moves.length - MOST_NAMED;
    if (left > 0) rows.push(make("li", {}, say("editor.log_left", { count: count(left) })));
    return make("ul.small.quiet", {}, ...rows);
  }
}
