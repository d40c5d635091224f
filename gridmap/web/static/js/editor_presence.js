/** Fellow planners: what they do arrives by the stream, where they are is told to each other. */

import { ask, Problem } from "./api.js";
import { makeId } from "./ids.js";
import { codeName, listed } from "./editor_words.js";
import { page, say } from "./page_data.js";

const TELL_MS = 15_000;

function clientId() {
  const known = window.sessionStorage.getItem("gridmap-client");
  if (known) return known;
  const made = makeId();
  window.sessionStorage.setItem("gridmap-client", made);
  return made;
}

/** Tells others where we are and which micro-grids we hold. */
export class Presence {
  constructor(board, notices) {
    Object.assign(this, { board, notices });
    this.client = clientId();
    this.codes = [];
    window.addEventListener("pagehide", () => this.leave());
  }

  start() {
    this.tell();
    this.timer ??= window.setInterval(() => this.tell(), TELL_MS);
  }

  /** Say that micro-grids are being dragged. */
  lease(codes) {
    this.codes = codes;
    this.tell();
  }

  release() {
    if (!this.codes.length) return;
    this.codes = [];
    this.tell();
  }

  path() {
    return `/plans/${this.board.plan.id}/presence`;
  }

  async tell() {
    const grid = this.board.gridOfCode.get(this.codes[0] ?? this.board.primary) ?? this.board.selection.grid;
    const body = { client: this.client, grid: grid?.code ?? null, codes: this.codes };
    try {
      const answer = await ask(this.path(), { method: "POST", body });
      this.show(answer.clients);
      if (answer.refused.length) this.warn(answer.refused);
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault; // who is here can wait; the next telling comes soon
    }
  }

  show(clients) {
    const now = Date.now();
    this.board.clients = clients
      .filter((one) => one.client !== this.client)
      .map((one) => ({ ...one, until: now + one.lease_seconds * 1000 }));
    this.board.tell("presence");
  }

  /** Somebody else holds what is dragged here: said, not forbidden. */
  warn(codes) {
    const holder = this.board.clients.find((one) => one.codes.some((code) => codes.includes(code)));
    const by = holder?.by ?? say("editor.somebody");
    this.notices.warn(say("editor.held_by", { codes: listed(codes.map(codeName)), by }));
    this.codes = this.codes.filter((code) => !codes.includes(code));
  }

  leave() {
    if (!this.board.plan) return;
    const body = JSON.stringify({ client: this.client, leaving: true });
    const headers = { "Content-Type": "application/json", "X-CSRFToken": page.csrf };
    window.fetch(`/api/v1${this.path()}`, { method: "POST", headers, body, keepalive: true });
  }
}

/** Hear what others do: operations in their order, presence, the plan's status. */
export function listen({ board, sequence, actions, presence, onStatus }) {
  const stream = new EventSource(`/api/v1/plans/${board.plan.id}/stream?after=${sequence}`);
  stream.addEventListener("operation", (event) => actions.hear(JSON.parse(event.data)));
  stream.addEventListener("presence", (event) => presence.show(JSON.parse(event.data).clients));
  stream.addEventListener("plan", (event) => onStatus(JSON.parse(event.data).status));
  window.addEventListener("pagehide", () => stream.close());
  return stream;
}
