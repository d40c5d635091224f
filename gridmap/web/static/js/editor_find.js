/** Find what needs work: walk through it one by one and zoom to each. */

import { ask, Problem } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { codeName } from "./editor_words.js";
import { count, say } from "./page_data.js";

/** Atoms with households and no micro-grid, by building. */
function unassignedPlaces(board) {
  const places = [];
  for (const grid of board.grids.values()) {
    const buildings = new Map();
    for (const row of grid.membersOf(-1)) {
      if (!grid.households[row]) continue;
      const id = grid.atoms[row].building_id;
      buildings.set(id, [...(buildings.get(id) ?? []), row]);
    }
    for (const [building, rows] of buildings) places.push({ grid, building, rows });
  }
  return places;
}

/** Buildings small enough for one micro-grid that lie in several, as the server counts them. */
const brokenPlaces = (board) =>
  [...board.grids.values()].flatMap((grid) => grid.broken.map((one) => ({ grid, building: one.building_id })));

const microPlaces = (board, is) =>
  board
    .microGrids()
    .filter(is)
    .sort((one, other) => one.code.localeCompare(other.code))
    .map(({ code }) => ({ code }));

const KINDS = {
  unassigned: unassignedPlaces,
  under: (board) => microPlaces(board, (one) => one.status === "under"),
  over: (board) => microPlaces(board, (one) => one.status === "over"),
  torn: (board) => microPlaces(board, (one) => one.pieces > 1),
  broken: brokenPlaces,
  waived: async (board) => {
    const codes = new Set(
      (await calls.checkPlan(board.plan.id)).filter((one) => one.waived).map((one) => one.micro_grid),
    );
    return microPlaces(board, (one) => codes.has(one.code));
  },
  changed: async (board) => {
    const { micro_grids: rows } = await ask(`/plans/${board.plan.id}/compare`, { query: { limit: 0 } });
    const codes = new Set(rows.map((one) => one.code));
    return microPlaces(board, (one) => codes.has(one.code));
  },
};
/** These the server knows; they are counted when the menu is unfolded. */
const ASKED = ["waived", "changed"];

/** The find menu. */
export class Finder {
  constructor({ menu, board, go, notices, show }) {
    Object.assign(this, { menu, board, go, notices, show, at: new Map() });
    for (const kind of Object.keys(KINDS)) {
      const number = make("span.count");
      const button = make(
        "button.find",
        { type: "button", "data-find": kind, onclick: () => this.next(kind) },
        say(`editor.find_${kind}`),
        number,
      );
      menu.append(make("li", {}, button));
    }
    board.on("division", () => this.count());
    menu.closest("details").addEventListener("toggle", (event) => event.target.open && this.countAsked());
  }

  place(kind) {
    return this.menu.querySelector(`[data-find="${kind}"]`);
  }

  /** Number each kind that the page knows itself. */
  count() {
    for (const kind of Object.keys(KINDS).filter((one) => !ASKED.includes(one))) {
      this.place(kind).lastChild.textContent = count(KINDS[kind](this.board).length);
    }
  }

  async countAsked() {
    if (!this.board.plan) return;
    const counting = ASKED.map(async (kind) => {
      this.place(kind).lastChild.textContent = "…";
      const places = await this.placesOf(kind);
      this.place(kind).lastChild.textContent = places ? count(places.length) : "–";
    });
    await Promise.all(counting);
  }

  /** List the places of a kind; null, with the reason said, where the server gives no answer. */
  async placesOf(kind) {
    try {
      return await KINDS[kind](this.board);
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      this.notices.warn(fault.message);
      return null;
    }
  }

  async next(kind) {
    const places = await this.placesOf(kind);
    if (places === null) return;
    this.place(kind).lastChild.textContent = count(places.length);
    if (!places.length) {
      this.notices.say(say("editor.found_none", { what: say(`editor.find_${kind}`) }));
      return;
    }
    const at = ((this.at.get(kind) ?? -1) + 1) % places.length;
    this.at.set(kind, at);
    const place = places[at];
    this.go(place);
    const name = place.code ? codeName(place.code) : (place.grid.buildings.get(place.building).name ?? "");
    const what = say(`editor.find_${kind}`);
    const said = say("editor.found", { what, at: count(at + 1), total: count(places.length), name });
    this.notices.say(said);
    this.show(said);
  }
}
