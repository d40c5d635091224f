/** Page of orders: write one for a resident, see what is open where, take the steps that are one's own. */

import { readAddress, writeAddress } from "./address.js";
import { findAddress } from "./address_search.js";
import { ask, orShow, Problem } from "./api.js";
import { make } from "./elements.js";
import { makeId } from "./ids.js";
import { orderRow } from "./order_row.js";
import { ordersMap } from "./orders_map.js";
import { count, say } from "./page_data.js";

const element = (id) => document.getElementById(id);
const state = { place: null, id: makeId(), rows: [], next: null, latest: 0 };
const form = element("write");
const map = ordersMap(element("map"), choose);

function choose(id) {
  for (const row of element("orders").querySelectorAll("[data-order]")) row.classList.toggle("chosen", row.dataset.order === String(id));
  element("orders").querySelector(`[data-order="${id}"]`)?.scrollIntoView({ block: "nearest" });
}

async function step(order, action) {
  const moved = await orShow(element("fault"), () => ask(`/orders/${order.id}/steps`, { method: "POST", body: { action } }));
  if (moved) state.rows = state.rows.map((one) => (one.id === moved.id ? moved : one));
  show();
  if (!moved) await look(false);
}

function show() {
  element("said").textContent = state.rows.length ? say("orders.said", { count: count(state.rows.length) + (state.next ? "+" : "") }) : "";
  const rows = state.rows.map((order) => orderRow(order, { step, point: () => map.go(order) }));
  element("orders").replaceChildren(...(rows.length ? rows : [make("li.empty", {}, say("orders.none"))]));
  element("more").hidden = !state.next;
  map.show(state.rows);
}

async function look(clear = true, before = 0) {
  const number = ++state.latest;
  const query = { is_open: element("is_open").value, kind: element("kind").value, before: before || null };
  writeAddress({ is_open: query.is_open === "1" ? null : query.is_open, kind: query.kind });
  const request = () => ask("/orders", { query });
  const found = clear ? await orShow(element("fault"), request) : await request();
  if (number !== state.latest || !found) return;
  state.rows = before ? [...state.rows, ...found.items] : found.items;
  state.next = found.next;
  show();
}

function takePlace({ building_id: id, address, name }) {
  state.place = id;
  element("place").textContent = address || name;
  element("place").classList.remove("quiet");
}

async function save() {
  const given = new FormData(form);
  await orShow(element("write-fault"), async () => {
    if (!state.place) throw new Problem(400, { detail: say("orders.need_place") });
    const body = {
      client_id: state.id,
      kind: given.get("kind"),
      title: given.get("title").trim(),
      text: given.get("text").trim(),
      wanted_by: given.get("wanted_by") || null,
      building_id: state.place,
    };
    const order = await ask("/orders", { method: "POST", body });
    form.reset();
    Object.assign(state, { place: null, id: makeId() });
    element("place").textContent = say("orders.saved", { id: order.id });
    element("is_open").value = "1";
    element("kind").value = "";
    await look();
    map.go(order);
  });
}

if (form) {
  const find = () => findAddress(element("write-fault"), takePlace);
  element("find").addEventListener("click", find);
  element("address").addEventListener("keydown", (event) => {
    if (event.key === "Escape") element("matches").hidden = true;
    if (event.key !== "Enter") return;
    event.preventDefault();
    find();
  });
  form.addEventListener("input", () => {
    state.id = makeId(); // other words are another order
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
}
const asked = readAddress();
if (asked.is_open === "0") element("is_open").value = "0";
if (asked.kind) element("kind").value = asked.kind;
for (const id of ["is_open", "kind"]) element(id).addEventListener("change", () => look());
element("filters").addEventListener("submit", (event) => event.preventDefault());
element("more").addEventListener("click", () => look(true, state.next));
await look();
