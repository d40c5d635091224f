/** Find what needs work: walk through it one by one and zoom to each; and the status strip below the map. */

import * as calls from "./calls.js";
import { make } from "./elements.js";
import { codeName, listed } from "./editor_words.js";
import { count, page, say } from "./page_data.js";

const SECOND_MS = 1000;

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

function brokenPlaces(board) {
  const places = [];
  for (const grid of board.grids.values()) {
    for (const [building, rows] of grid.rowsOfBuilding) {
      if (new Set(rows.map((row) => grid.labels[row])).size > 1) places.push({ grid, building });
    }
  }
  return places;
}

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
  changed: (board) => microPlaces(board, (one) => board.redrawn.has(one.code)),
};

/** The find menu. */
export class Finder {
  constructor({ menu, board, go, notices }) {
    Object.assign(this, { menu, board, go, notices, at: new Map() });
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
  }

  /** Number each kind; what needs the server is counted when it is asked for. */
  count() {
    for (const button of this.menu.querySelectorAll("button")) {
      const { find } = button.dataset;
      if (find !== "waived") button.lastChild.textContent = count(KINDS[find](this.board).length);
    }
  }

  async next(kind) {
    const places = await KINDS[kind](this.board);
    if (!places.length) {
      this.notices.say(say("editor.found_none", { what: say(`editor.find_${kind}`) }));
      return;
    }
    const at = ((this.at.get(kind) ?? -1) + 1) % places.length;
    this.at.set(kind, at);
    const place = places[at];
    this.go(place);
    const name = place.code ? codeName(place.code) : (place.grid.buildings.get(place.building).name ?? "");
    this.notices.say(
      say("editor.found", { what: say(`editor.find_${kind}`), at: count(at + 1), total: count(places.length), name }),
    );
  }
}

/** Figures of the strip below the map. */
export class StatusStrip {
  constructor({ board, queue }) {
    Object.assign(this, { board, queue });
    board.on("division", () => this.figures());
    board.on("presence", () => this.people());
    window.setInterval(() => board.clients.some((one) => one.codes.length) && this.people(), SECOND_MS);
  }

  figures() {
    const { board } = this;
    let unassigned = 0;
    for (const grid of board.grids.values()) for (const row of grid.membersOf(-1)) unassigned += grid.households[row];
    const micro = board.microGrids();
    const set = (id, number) => {
      const place = document.getElementById(id);
      place.textContent = count(number);
      place.parentElement.classList.toggle("strained", number > 0);
    };
    set("sum-unassigned", unassigned);
    set("sum-out", micro.filter((one) => one.status !== "in_band").length);
    set("sum-torn", micro.filter((one) => one.pieces > 1).length);
  }

  /** Saved, sending, or kept here until the network is back. */
  saving() {
    const { items, isOffline } = this.queue;
    const state = isOffline ? "offline" : items.length ? "sending" : "saved";
    const place = document.getElementById("saving");
    place.dataset.state = state;
    place.textContent = say(`editor.${state}`, { count: count(items.length) });
  }

  people() {
    const now = Date.now();
    const rows = this.board.clients.map((one) => {
      const seconds = Math.max(0, Math.round((one.until - now) / 1000));
      const grid = this.board.grids.get(one.grid)?.name ?? "";
      const held =
        one.codes.length && seconds ? say("editor.holds", { codes: listed(one.codes.map(codeName)), seconds }) : grid;
      return make(
        "li.person",
        {},
        make("b", {}, one.by === page.username ? say("editor.you_elsewhere") : (one.by ?? say("editor.somebody"))),
        held ? ` ${held}` : "",
      );
    });
    const list = document.getElementById("people");
    list.replaceChildren(...(rows.length ? rows : [make("li.quiet", {}, say("editor.alone"))]));
  }
}
