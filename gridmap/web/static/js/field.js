/** The field page: drawn from what the phone keeps, so that it is the same with and without network. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { chooseByTabs, icon, make, walkByArrows } from "./elements.js";
import { askReader } from "./field_ask.js";
import { drawBuilding } from "./field_building.js";
import { drawConflicts } from "./field_conflicts.js";
import { factsOf, myKinds, unseenBodies } from "./field_facts.js";
import { showState } from "./field_header.js";
import { drawIssue } from "./field_issue.js";
import { guardLeaving, settleForeign } from "./field_leave.js";
import { showBuildings, showIssues } from "./field_lists.js";
import { FieldMap } from "./field_map.js";
import { showPost, showQueue, showStored } from "./field_me.js";
import { noticeCards } from "./field_notices.js";
import { drawOrderForm } from "./field_order_form.js";
import { orderCards } from "./field_orders.js";
import { plainNotice } from "./field_plain.js";
import { drawReport } from "./field_report.js";
import { wayTo } from "./field_round.js";
import { canScan, findDoor, scan, stationOf, tokenOf } from "./field_scan.js";
import { signInAt, signInCard } from "./field_sign_in.js";
import { claimStore, dropExpired, openStore } from "./field_store.js";
import { Sync } from "./field_sync.js";
import { keepTiles } from "./field_tiles.js";
import { showToday } from "./field_today.js";
import { buildingName, wayText } from "./field_words.js";
import { page, say } from "./page_data.js";

const element = (id) => document.getElementById(id);
const CARDS = { building: drawBuilding, issue: drawIssue, entry: drawIssue, report: drawReport, order: drawOrderForm };
const CARD_NAMES = [...Object.keys(CARDS), "again", "visit", "entrance"];
const REDRAW_MS = 60;

/** What the modules of the page share. */
const app = {
  store: null,
  sync: null,
  map: null,
  facts: null,
  kind: null,
  position: null,
  installing: null,
  tab: null,

  async add(body, more) {
    return app.sync.add(body, more);
  },

  async addPhoto(photo, about, label) {
    await app.sync.queue.addPhoto(photo, { what: "", ...about }, label);
    await app.sync.queue.tell();
    app.tell(make("p", {}, `✓ ${say("field.photo_noted")}`));
    app.sync.soon();
  },

  async sendAgain(id, changes) {
    await app.sync.queue.sendAgain(id, changes);
    app.sync.soon();
  },

  async discard(item) {
    const answers = [
      { key: "keep", name: say("field.keep"), isMain: true },
      { key: "discard", name: say("field.discard") },
    ];
    if ((await askReader(say("field.discard_title"), say("field.discard_text"), answers)) !== "discard") return;
    await app.sync.queue.discard(item.body.id);
    app.tell(make("p", {}, `${say("field.discarded")} ${item.label}`));
  },

  /** Say what has just been done, in one place, until the next thing. */
  tell(...content) {
    const close = make("button.button.plain", { type: "button", "aria-label": say("field.close"), onclick: () => element("told").replaceChildren() }, icon("close"));
    element("told").replaceChildren(make("div.told", { role: "status" }, ...content, close));
  },

  /** What must be known before anything else. */
  notices() {
    return [...troubleNotice(), ...plainNotice(app.store), ...drawConflicts(app), ...noticeCards(app.facts.notices, app.add, unsent())];
  },

  choose(tab) {
    element(`tab-${tab}`).click();
  },

  async chooseKind(kind) {
    app.kind = kind;
    await app.store.write("settings", "kind", kind);
    app.map.showDue(app.facts, kind);
    app.redraw();
  },

  setPosition(position) {
    app.position = position;
    app.map.showHere(position);
    app.redraw();
  },

  open(named) {
    const none = Object.fromEntries(CARD_NAMES.map((name) => [name, null]));
    writeAddress({ ...none, ...named }, { step: true });
    showCard(true);
  },

  close() {
    writeAddress(Object.fromEntries(CARD_NAMES.map((name) => [name, null])));
    showCard(true);
  },

  showMicroGrid(cell) {
    app.map.showMicroGrid(cell);
    element("sheet").scrollTop = 0;
  },

  async showWay(building) {
    app.close();
    app.choose("today");
    app.redraw();
    const way = await wayTo(app, building);
    app.map.showWay(way, building);
    const words = way ? say(way.isStraight ? "field.straight" : "field.on_foot", { way: wayText(way.walk_m) }) : say("field.no_start");
    const open = make("button.button", { type: "button", onclick: () => app.open({ building: building.id }) }, say("field.card"));
    app.tell(make("p", {}, make("b", {}, buildingName(building)), ` ${words}`), open);
    element("field-map").scrollIntoView({ block: "nearest" });
  },

  redraw() {
    window.clearTimeout(app.timer);
    app.timer = window.setTimeout(draw, REDRAW_MS);
  },
};

const unsent = () => unseenBodies(app.sync.queue.items, app.sync.needs);

function showOrders(host) {
  const cards = orderCards(app.facts.orders, app.add, unsent());
  host.replaceChildren(...(cards.length ? [make("h2", {}, say("field.orders")), ...cards] : []));
}

function troubleNotice() {
  const { kind } = app.sync.state;
  if (kind === "signed_out" || kind === "other_account") {
    return [make("div.notice.finding", {}, make("p", {}, say(`field.told_${kind}`)), make("a.button.main.wide", { href: `${page.sign_in}?next=/field` }, say("field.sign_in_again")))];
  }
  if (kind === "refused") return [make("p.notice.fault", { role: "alert" }, app.sync.trouble.message)];
  return [];
}

/** The page without anything to show: nothing has been fetched yet, or it may not be. */
function drawNothing() {
  const key = app.sync.trouble || !navigator.onLine ? "field.no_needs" : "field.loading";
  element("panel-today").replaceChildren(...troubleNotice(), make("p.notice", {}, say(key)));
}

function draw() {
  showState(element("sync"), app.sync.state);
  if (app.tab === "me") showQueue(element("queue"), app);
  if (!app.sync.needs) return drawNothing();
  const isFirst = app.facts === null;
  app.facts = factsOf(app.sync.needs, app.sync.queue.items, page.steps);
  app.kind ??= myKinds(app.facts)[0]?.code ?? null;
  app.map.showArea(app.facts, { isFirst });
  app.map.showDue(app.facts, app.kind);
  drawTab();
  showCard(isFirst);
  return undefined;
}

function drawTab() {
  showToday(element("panel-today"), app);
  if (app.tab === "buildings") showBuildings(element("buildings"), app, element("filter").value);
  if (app.tab === "issues") {
    showIssues(element("issues"), app);
    showOrders(element("orders"));
  }
  if (app.tab === "me") {
    showPost(element("me"), app);
    element("me").append(...signInCard(app, unsent()));
  }
}

/** Show the card that the address names; one in which somebody writes is left alone. */
function showCard(isOpened) {
  const card = element("card");
  const asked = readAddress();
  const name = Object.keys(CARDS).find((one) => asked[one]);
  element("field").classList.toggle("has-card", Boolean(name));
  card.hidden = !name;
  if (!name || !app.facts) {
    if (isOpened) card.replaceChildren();
    return;
  }
  if (!isOpened && card.querySelector("form")) return;
  const { title, content } = CARDS[name](app, asked);
  const back = make("button.button.plain.back", { type: "button", "aria-label": say("field.back"), onclick: app.close }, icon("back"));
  const heading = make("h2", { id: "card-title", tabindex: "-1" }, title);
  card.replaceChildren(make("header.card-head", {}, back, heading), make("div.card-body", {}, ...content.filter(Boolean)));
  if (isOpened) {
    card.scrollTop = 0;
    heading.focus({ preventScroll: true });
  }
}

async function scanDoor() {
  if (!canScan()) return app.tell(make("p", {}, say("field.scan_outside")));
  const text = await scan();
  if (text === undefined) return app.tell(make("p", {}, say("field.scan_no_camera")));
  if (!text) return undefined;
  const station = stationOf(text);
  if (station) return signInAt(app, station);
  const door = await findDoor(app.facts?.codes, tokenOf(text));
  if (!door) return app.tell(make("p", {}, say("field.scan_foreign")));
  return app.open({ building: door.building_id, visit: "1", entrance: door.entrance_number });
}

function chosen(tab) {
  if (app.tab !== tab) element("told").replaceChildren();
  app.tab = tab;
  element("field").dataset.tab = tab;
  const isOpen = CARD_NAMES.some((name) => readAddress()[name]);
  writeAddress({ tab: tab === "today" ? null : tab });
  if (isOpen && app.sync) app.close();
  if (!app.sync) return;
  if (tab === "me") {
    showQueue(element("queue"), app);
    showStored(element("stored"));
  }
  if (app.facts) drawTab();
  app.map.resized();
}

async function tellOfSync() {
  app.syncedAt = await app.store.readOpen("synced_at");
  app.redraw();
}

window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  app.installing = event;
  if (app.facts) app.redraw();
});

/** Make the store one's own; what another account has left unsent is told first. */
async function isMine(store) {
  const claim = await claimStore(store, page.account);
  if (!claim.isForeign) return true;
  if (!(await settleForeign(store, claim.entries))) return false;
  await claimStore(store, page.account);
  return true;
}

/** Answer what the reader presses. */
function listen() {
  guardLeaving(app);
  element("sync").addEventListener("click", () => {
    app.close();
    app.choose("me");
    app.sync.run();
  });
  element("scan").addEventListener("click", scanDoor);
  element("new-issue").addEventListener("click", () => app.open({ report: String(app.facts?.buildings[0]?.id ?? "") }));
  element("filter").addEventListener("input", () => app.facts && showBuildings(element("buildings"), app, element("filter").value));
  onStepBack(() => showCard(true));
}

async function start() {
  app.map = new FieldMap(element("map"), element("legend"), (building) => app.open({ building }));
  const choose = chooseByTabs(element("tabs"), chosen);
  choose(readAddress().tab || "today");
  app.store = await openStore();
  if (!(await isMine(app.store))) return element("sign-out").submit();
  if (page.role !== "field") {
    element("sync").hidden = true;
    return element("panel-today").replaceChildren(make("p.notice", {}, say("field.not_field")));
  }
  if (navigator.serviceWorker) navigator.serviceWorker.register("/field-worker.js");
  await dropExpired(app.store);
  app.kind = await app.store.read("settings", "kind");
  app.sync = new Sync({ store: app.store, changed: tellOfSync });
  listen();
  if (app.tab === "me") showStored(element("stored"));
  await app.sync.start();
  await navigator.storage?.persist?.();
  if (app.sync.needs) await keepTiles(app.sync.needs.micro_grids);
  return undefined;
}

for (const list of ["buildings", "issues"]) walkByArrows(element(list), "button");
start();
