/** Comments on a plan, pinned to a micro-grid or a point: a button and a panel on the map of any page. */

import { ask, orShow } from "./api.js";
import { Pins, pickPoint } from "./comment_pins.js";
import { buildThread, groupThreads, placeName } from "./comment_threads.js";
import { icon, make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { fitTo } from "./map.js";
import { count, say } from "./page_data.js";

const PART = 1000;
const LONGEST = 2000;
const LOOK_MS = 300; // how often the panel asks which micro-grid is chosen
const LOOK_ZOOM = 17.5;
const GAP_PX = 24;
const NEAR = 0.0002; // degrees around a pin that is looked at

async function listComments(plan) {
  const found = [];
  let after = 0;
  while (after !== null) {
    const part = await ask(`/plans/${plan}/comments`, { query: { limit: PART, after } });
    found.push(...part.items);
    after = part.next;
  }
  return found;
}

class Comments {
  constructor({ map, place, chosen }) {
    Object.assign(this, { map, place, chosen, plan: null, threads: [], filter: "open", thread: null, isShown: false });
    this.pins = new Pins(map, (key) => this.openThread(key));
    this.toggle = make("button.button.comments-toggle", { type: "button", "aria-expanded": "false", "aria-controls": "comments", hidden: true, onclick: () => this.turn(!this.isShown) });
    this.said = make("p.unseen", { role: "status", "aria-live": "polite" });
    this.fault = make("div", { hidden: true });
    this.filters = make("div.choices", { role: "group", "aria-label": say("comments.filter") });
    this.add = make("div.actions");
    this.writer = make("div.comment-writer", { hidden: true });
    this.list = make("ul.threads");
    this.panel = this.buildPanel();
    place.append(this.toggle, this.panel, this.said);
  }

  buildPanel() {
    const close = make("button.button.plain", { type: "button", "aria-label": say("comments.close"), onclick: () => this.turn(false) }, icon("close"));
    const head = make("header", {}, make("h2", {}, say("comments.title")), close);
    const panel = make("section.comments", { id: "comments", "aria-label": say("comments.title"), hidden: true }, head, this.filters, this.add, this.writer, this.fault, this.list);
    panel.addEventListener("keydown", (event) => {
      event.stopPropagation(); // keys pressed in here mean nothing to the tools of the page
      if (event.key !== "Escape") return;
      if (this.writer.hidden) this.turn(false);
      else this.stopWriting();
    });
    return panel;
  }

  /** Show the comments of a plan; null shows none. */
  async show(plan) {
    if (plan === this.plan) return this.read(); // it may have changed
    Object.assign(this, { plan, threads: [], thread: null, state: "" });
    this.toggle.hidden = plan === null;
    this.stopWriting();
    if (plan === null) this.turn(false);
    this.draw();
    await this.read();
  }

  async read() {
    const { plan } = this;
    if (plan === null) return;
    const found = await orShow(this.fault, () => listComments(plan));
    if (plan !== this.plan || !found) return; // another plan was chosen meanwhile
    const state = JSON.stringify(found);
    if (state === this.state) return; // what is in the reader's hand stays
    this.state = state;
    this.threads = groupThreads(found);
    this.draw();
  }

  turn(isShown) {
    this.isShown = isShown;
    this.panel.hidden = !isShown;
    this.toggle.setAttribute("aria-expanded", String(isShown));
    window.clearInterval(this.clock);
    if (isShown) {
      this.drawAdd();
      this.clock = window.setInterval(() => this.drawAdd(), LOOK_MS);
      this.panel.querySelector("button").focus();
      this.read();
    } else if (this.place.contains(document.activeElement)) this.toggle.focus();
  }

  openThread(key) {
    const thread = this.threads.find((one) => one.key === key);
    this.thread = key;
    this.filter = thread.isOpen ? "open" : "resolved";
    if (!this.isShown) this.turn(true);
    this.draw();
    const row = this.list.querySelector("[aria-current]");
    row.scrollIntoView({ block: "nearest" });
    row.focus();
    if (this.isCovered(thread.pin)) this.bring(thread.pin, this.map.getView().getZoom());
  }

  /** Tell whether the panel lies over a pin. */
  isCovered({ pin_lon: lon, pin_lat: lat }) {
    const pixel = lon === null ? null : this.map.getPixelFromCoordinate(ol.proj.fromLonLat([lon, lat]));
    if (!pixel) return false;
    const map = this.map.getTargetElement().getBoundingClientRect();
    const [x, y] = [map.left + pixel[0], map.top + pixel[1]];
    const panel = this.panel.getBoundingClientRect();
    return x > panel.left && x < panel.right && y > panel.top && y < panel.bottom;
  }

  /** Bring a pin into the part of the map that the panel leaves free. */
  bring({ pin_lon: lon, pin_lat: lat }, maxZoom) {
    const map = this.map.getTargetElement().getBoundingClientRect();
    const panel = this.panel.getBoundingClientRect();
    const isBeside = panel.width < map.width / 2;
    const [left, below] = isBeside ? [panel.right - map.left, 0] : [0, map.bottom - panel.top];
    const padding = [GAP_PX, GAP_PX, Math.max(0, below) + GAP_PX, Math.max(0, left) + GAP_PX];
    fitTo(this.map, [lon - NEAR, lat - NEAR, lon + NEAR, lat + NEAR], { maxZoom, padding });
  }

  shown() {
    return this.threads.filter((thread) => thread.isOpen === (this.filter === "open"));
  }

  draw() {
    const open = this.threads.filter((thread) => thread.isOpen).length;
    const sums = { open, resolved: this.threads.length - open };
    const label = say("comments.open_panel", { count: count(open) });
    this.toggle.replaceChildren(icon("comment"), make("span", {}, say("comments.title")), make("span.count", {}, open ? count(open) : ""));
    this.toggle.setAttribute("aria-label", label);
    this.filters.replaceChildren(
      ...Object.entries(sums).map(([name, sum]) =>
        make("button", { type: "button", "data-filter-comments": name, "aria-pressed": String(this.filter === name), onclick: () => this.choose(name) }, say(`comments.filter_${name}`, { count: count(sum) })),
      ),
    );
    const shown = this.shown();
    const calls = { show: (one) => this.look(one), reply: (one) => this.reply(one), settle: (one) => this.settle(one) };
    this.list.replaceChildren(
      ...shown.map((one) => buildThread(one, { isChosen: one.key === this.thread, ...calls })),
      ...(shown.length ? [] : [make("li.empty", {}, say(`comments.none_${this.filter}`))]),
    );
    this.pins.show(shown, this.thread);
    this.drawAdd();
  }

  choose(filter) {
    this.filter = filter;
    this.draw();
    this.filters.querySelector("[aria-pressed=true]").focus();
  }

  /** The two ways to begin; which micro-grid is chosen may have changed since. */
  drawAdd() {
    const code = this.chosen();
    if (this.add.dataset.code === String(code)) return;
    this.add.dataset.code = String(code);
    const words = code ? say("comments.at_micro_grid", { code: shortCode(code) }) : say("comments.at_micro_grid_none");
    this.add.replaceChildren(
      make("button.button", { type: "button", "data-add": "point", onclick: () => this.pick() }, icon("map"), say("comments.at_point")),
      make(
        "button.button",
        { type: "button", "data-add": "micro-grid", disabled: !code, title: code ? null : say("comments.choose_first"), onclick: () => this.write({ micro_grid: this.chosen(), lon: null, pin_lon: 0 }) },
        icon("comment"),
        words,
      ),
    );
  }

  async pick() {
    this.panel.hidden = true;
    const point = await pickPoint(this.map, this.place);
    this.panel.hidden = false;
    if (point) this.write({ micro_grid: null, lon: point[0], lat: point[1], pin_lon: point[0] });
    else this.add.querySelector("[data-add=point]").focus();
  }

  reply(thread) {
    this.write(thread.pin);
  }

  look({ pin, key }) {
    this.bring(pin, LOOK_ZOOM);
    this.thread = key;
    this.draw();
  }

  /** Ask for the words of a comment at `pin`. */
  write(pin) {
    const words = make("textarea.input", { rows: "3", maxlength: String(LONGEST), "aria-label": say("comments.words"), placeholder: say("comments.words_hint") });
    const send = make("button.button.main", { type: "button", "data-act": "send", onclick: () => this.send(pin, words) }, say("comments.send"));
    const leave = make("button.button", { type: "button", onclick: () => this.stopWriting() }, say("pages.cancel"));
    words.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.send(pin, words);
    });
    this.writer.replaceChildren(make("b", {}, placeName(pin)), words, make("div.actions", {}, send, leave));
    this.writer.hidden = false;
    words.focus();
  }

  stopWriting() {
    this.writer.replaceChildren();
    this.writer.hidden = true;
  }

  async send(pin, words) {
    if (!words.value.trim() || words.disabled) return;
    words.disabled = true;
    const place = pin.micro_grid ? { micro_grid: pin.micro_grid } : pin.lon === null ? {} : { lon: pin.lon, lat: pin.lat };
    const body = { words: words.value, ...place };
    const made = await orShow(this.fault, () => ask(`/plans/${this.plan}/comments`, { method: "POST", body }));
    words.disabled = false;
    if (!made) return;
    this.stopWriting();
    await this.read();
    const thread = this.threads.find((one) => one.comments.some((comment) => comment.id === made.id));
    this.openThread(thread.key);
    this.said.textContent = say("comments.added");
  }

  /** Settle what is open of a thread; or open its last comment again. */
  async settle(thread) {
    const resolved = thread.isOpen;
    const mine = resolved ? thread.comments.filter((one) => one.resolved_at === null) : [thread.comments.at(-1)];
    await orShow(this.fault, async () => {
      for (const { id } of mine) {
        await ask(`/plans/${this.plan}/comments/${id}`, { method: "PATCH", body: { resolved } });
      }
    });
    await this.read();
    this.said.textContent = say(resolved ? "comments.resolved" : "comments.reopened");
    this.filters.querySelector("[aria-pressed=true]").focus();
  }
}

/**
 * Put comments on a map.
 *
 * @param {{map: ol.Map, place: HTMLElement, chosen: function(): string|null|undefined, plan?: number|null}} options `place`
 *   holds the map and is positioned; `chosen` names the micro-grid that is chosen; `plan` is the id of the plan, where
 *   the page tells no other by `plan-shown`
 */
export function mountComments({ plan = null, ...options }) {
  const comments = new Comments(options);
  comments.show(plan);
  document.addEventListener("plan-shown", ({ detail }) => comments.show(detail.plan?.id ?? null));
}
