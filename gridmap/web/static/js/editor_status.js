/** The strip below the map: what is left to do, whether all is saved, who else is here. */

import { codeName, listed } from "./editor_words.js";
import { make } from "./elements.js";
import { count, page, say } from "./page_data.js";

const SECOND_MS = 1000;

/** Figures of the strip below the map. */
export class StatusStrip {
  constructor({ board, queue, notices }) {
    Object.assign(this, { board, queue, notices, isOffline: false });
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

  /** Saved, sending, or kept here until the network is back; only going offline and coming back is said aloud. */
  saving() {
    const { items, isOffline } = this.queue;
    const state = isOffline ? "offline" : items.length ? "sending" : "saved";
    const place = document.getElementById("saving");
    place.dataset.state = state;
    place.textContent = say(`editor.${state}`, { count: count(items.length) });
    if (isOffline === this.isOffline || state === "sending") return;
    this.isOffline = isOffline;
    this.notices.say(place.textContent);
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
