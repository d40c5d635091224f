/** Dispatchers' page: a place on the map or an address, and who is on duty nearest to it. */

import { readAddress, writeAddress } from "./address.js";
import { findAddress } from "./address_search.js";
import { ask, orShow } from "./api.js";
import { showPeople, showHere } from "./dispatcher_answer.js";
import { dutyLayer } from "./dispatcher_layer.js";
import { walkByArrows } from "./elements.js";
import { fitTo, makeMap } from "./map.js";
import { page, say } from "./page_data.js";

const FILTERS = ["at", "tier", "role", "skill", "own_first"];
const NAMES = { at: "time" }; // the map's own place is `at` in the address
const NEAR_ZOOM = 16.5;
const field = (id) => document.getElementById(id);
const fault = field("fault");
const asked = readAddress();
const view = makeMap(field("map"));
const layer = dutyLayer(view.map);
const state = { point: null, latest: 0, people: [] };

const valueOf = (name) => (name === "own_first" ? (field(name).checked ? "1" : "") : field(name).value);

/** Offer only the roles of the chosen tier: others could not answer. */
function matchRoles() {
  const tier = field("tier").value;
  for (const option of field("role").options) {
    option.hidden = option.disabled = Boolean(tier && option.value && option.dataset.tier !== tier);
  }
  if (field("role").selectedOptions[0]?.disabled) field("role").value = "";
}

function choose(code) {
  const person = state.people.find((one) => one.staff_code === code);
  layer.choose(person);
  for (const row of field("people").children) {
    const isChosen = row.dataset.code === code;
    row.classList.toggle("chosen", isChosen);
    row.querySelector(".choose").setAttribute("aria-pressed", String(isChosen));
  }
}

async function show() {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, valueOf(name)]));
  const point = state.point;
  const named = Object.fromEntries(FILTERS.map((name) => [NAMES[name] || name, filters[name]]));
  writeAddress({ ...named, point: point && point.map((value) => value.toFixed(6)).join(",") });
  if (!point) return;
  const number = ++state.latest;
  const [lon, lat] = point;
  const query = { ...filters, at: filters.at && new Date(filters.at).toISOString(), lon, lat, route: "1" };
  layer.showPoint(point);
  field("said").textContent = say("dispatcher.looking");
  let answer;
  let place;
  await orShow(fault, async () => {
    [answer, place] = await Promise.all([ask("/duty/nearest", { query }), ask("/places/at", { query: { lon, lat } })]);
  });
  if (number !== state.latest) return;
  state.people = answer ? answer.people : [];
  layer.showPeople(state.people);
  showPeople(answer, choose);
  showHere(place);
  if (state.people.length) choose(state.people[0].staff_code);
}

function go(point, { move = false } = {}) {
  state.point = point;
  if (move) {
    view.map.getView().setCenter(ol.proj.fromLonLat(point));
    view.map.getView().setZoom(NEAR_ZOOM);
  }
  return show();
}

view.map.on("singleclick", (event) => {
  const code = layer.codeAt(event.pixel);
  if (code) choose(code);
  else go(ol.proj.toLonLat(event.coordinate));
});
field("map").addEventListener("keydown", (event) => {
  if (event.key === "Enter") go(ol.proj.toLonLat(view.map.getView().getCenter()));
});
field("address-form").addEventListener("submit", (event) => {
  event.preventDefault();
  findAddress(fault, ({ lon, lat }) => go([lon, lat], { move: true }));
});
field("address-form").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || field("matches").hidden) return;
  field("matches").hidden = true;
  field("address").focus();
});
field("filters").addEventListener("submit", (event) => event.preventDefault());
field("filters").addEventListener("change", () => {
  matchRoles();
  show();
});
walkByArrows(field("people"), ".choose");

for (const name of FILTERS) {
  const value = asked[NAMES[name] || name];
  if (name === "own_first") field(name).checked = value === "1";
  else if (value) field(name).value = value;
}
matchRoles();
if (!asked.at && page.extent) fitTo(view.map, page.extent, { duration: 0 });
const [lon, lat] = (asked.point || "").split(",").map(Number);
if (asked.point && Number.isFinite(lon) && Number.isFinite(lat)) await go([lon, lat]);
