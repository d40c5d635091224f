/** Page of the lists: needs, resources and projects beside their map; what fits one is drawn to it. */

import { readAddress, writeAddress } from "./address.js";
import { ask, orShow } from "./api.js";
import { make } from "./elements.js";
import { listingsMap } from "./listings_map.js";
import { count, day, say } from "./page_data.js";

const FILTERS = ["list", "kind"];
const SIGNS = { need: "○", resource: "●", project: "■" };
const element = (id) => document.getElementById(id);
const state = { rows: [], next: null, latest: 0, chosen: null };
const map = listingsMap(element("map"), choose);

function factsOf(row) {
  return [
    say(`listings.list_${row.list}`),
    say(`orders.kind_${row.kind}`),
    row.place,
    row.organisation,
    row.quantity ? say("listings.quantity", { count: count(row.quantity) }) : null,
    row.ends_on ? say("listings.until", { day: day(row.ends_on) }) : null,
  ].filter(Boolean);
}

const sign = (row) => make(`span.sign.${row.list}`, { "aria-hidden": "true" }, SIGNS[row.list]);
const metres = (distance) => count(Math.round(distance / 10) * 10);

function matchRow(match) {
  const facts = [match.place, match.organisation].filter(Boolean).join(" · ");
  const words = make("span", {}, sign(match), ` ${say(`listings.list_${match.list}`)} · ${match.title}`, make("span.quiet.small", {}, ` ${facts}`));
  return make("li", {}, words, make("span.small", {}, say("listings.away", { metres: metres(match.distance_m) })));
}

async function showMatches(row) {
  const place = element("listings").querySelector(`[data-listing="${row.id}"] .matches-place`);
  await orShow(element("fault"), async () => {
    const { items, within_m: within } = await ask(`/listings/${row.id}/matches`);
    const words = say(items.length ? "listings.matches" : "listings.no_matches", { within: count(within) });
    place.replaceChildren(make("div.matches-of", { role: "status" }, make("p.small", {}, words), make("ul", {}, ...items.map(matchRow))));
    map.join(row, items);
  });
}

function choose(id) {
  const row = state.rows.find((one) => one.id === id);
  for (const item of element("listings").querySelectorAll("[data-listing]")) {
    const isChosen = item.dataset.listing === String(id);
    item.classList.toggle("chosen", isChosen);
    if (!isChosen) item.querySelector(".matches-place").replaceChildren();
    else item.scrollIntoView({ block: "nearest" });
  }
  if (row) showMatches(row);
}

function listingRow(row) {
  const find = make("button.button", { type: "button", "data-match": row.id, onclick: () => choose(row.id) }, say("listings.match"));
  return make(
    "li",
    { "data-listing": row.id },
    make("div.order-head", {}, sign(row), make("b", {}, row.title), make("span.badge", {}, say(`listings.state_${row.state}`))),
    make("p.quiet.small", {}, factsOf(row).join(" · ")),
    row.state === "closed" ? null : make("div.actions", {}, find),
    make("div.matches-place"),
  );
}

async function look(after = null) {
  const number = ++state.latest;
  const named = Object.fromEntries(FILTERS.map((name) => [name, element(name).value || null]));
  writeAddress(named);
  const query = { ...named, after, limit: 100 };
  const found = await orShow(element("fault"), () => ask("/listings", { query }));
  if (number !== state.latest || !found) return;
  state.rows = after ? [...state.rows, ...found.items] : found.items;
  state.next = found.next;
  if (found.total !== null) element("said").textContent = found.total ? say("listings.said", { count: count(found.total) }) : "";
  element("listings").replaceChildren(...(state.rows.length ? state.rows.map(listingRow) : [make("li.empty", {}, say("listings.none"))]));
  element("more").hidden = !state.next;
  const taken = new URL(element("take").href, window.location.origin);
  taken.search = new URLSearchParams(Object.entries(named).filter(([, value]) => value)).toString();
  element("take").href = taken.pathname + taken.search;
  map.show(state.rows);
}

const asked = readAddress();
for (const name of FILTERS) {
  if (asked[name]) element(name).value = asked[name];
  element(name).addEventListener("change", () => look());
}
element("filters").addEventListener("submit", (event) => event.preventDefault());
element("more").addEventListener("click", () => look(state.next));
await look();
