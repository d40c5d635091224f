/** A report by phone: where, what about, what was said; whoever reports the same is counted in one click. */

import { findAddress } from "./address_search.js";
import { ask, orShow, Problem } from "./api.js";
import { make } from "./elements.js";
import { showDuplicates } from "./issue_duplicates.js";
import { say } from "./page_data.js";
import { warnOfPrivate } from "./private_words.js";

const WAIT_MS = 300;
const element = (id) => document.getElementById(id);

/** Bring the form to life; `done(id, words)` after a report, `placed(point)` when the place is known. */
export function startIntake({ done, placed }) {
  const form = element("intake");
  const fault = element("intake-fault");
  const state = { place: null, timer: 0, latest: 0, id: crypto.randomUUID() };
  const category = () => element("other-category")?.value || form.querySelector("input[name=category]:checked")?.value || "";
  const asBody = () => {
    const { building_id, lon, lat } = state.place;
    return building_id ? { building_id } : { lon, lat };
  };

  async function lookForDuplicates() {
    const number = ++state.latest;
    if (!state.place || !category()) return showDuplicates(element("duplicates"), [], null);
    const body = { category: category(), text: element("words").value, ...asBody() };
    const found = await orShow(fault, () => ask("/issues/duplicates", { method: "POST", body }));
    if (number === state.latest && found) showDuplicates(element("duplicates"), found.items, meToo);
    return undefined;
  }
  const look = () => {
    window.clearTimeout(state.timer);
    state.timer = window.setTimeout(lookForDuplicates, WAIT_MS);
  };

  async function meToo(one) {
    const body = { text: element("words").value, channel: "phone", client_id: state.id };
    const taken = await orShow(fault, () => ask(`/issues/${one.id}/me-too`, { method: "POST", body }));
    if (!taken) return;
    reset();
    done(one.id, say("desk.me_too_done", { id: one.id, count: one.reports + 1 }));
  }

  /** Keep a place: a building, or a point where there is none; `nearby` can be taken instead of the point. */
  function setPlace(place, nearby = null) {
    state.place = place;
    element("inside").hidden = !place?.building_id;
    element("entrance_number").value = place?.entrance_number ?? "";
    element("floor").value = "";
    const words = place ? place.name || say("desk.place_point") : say("desk.no_place_yet");
    const rather = nearby && make("button.button", { type: "button", onclick: () => setPlace(nearby) }, say("desk.take_building", { name: nearby.name }));
    element("chosen-place").replaceChildren(make(place ? "p.taken" : "p.quiet", {}, words), rather || "");
    if (place) placed([place.lon, place.lat]);
    look();
  }

  async function takePoint([lon, lat]) {
    const found = await orShow(fault, () => ask("/places/at", { query: { lon, lat } }));
    if (!found) return;
    const building = found.here.building;
    const at = building && { building_id: building.id, name: building.address || building.name, entrance_number: building.entrance_number, lon, lat };
    if (at && building.distance_m === 0) setPlace(at);
    else setPlace({ lon, lat }, at);
  }

  function takeMatch({ building_id, address, name, entrance_number, lon, lat }) {
    setPlace({ building_id, name: address || name, entrance_number, lon, lat });
    form.querySelector("input[name=category]")?.focus();
  }

  const lookForAddress = () => findAddress(fault, takeMatch);

  function reset() {
    form.reset();
    state.id = crypto.randomUUID();
    element("matches").hidden = true;
    setPlace(null);
    warnOfPrivate("", element("words-warning"));
  }

  const numberOf = (id) => (element("inside").hidden || element(id).value === "" ? null : Number(element(id).value));

  async function create() {
    await orShow(fault, async () => {
      if (!state.place) throw new Problem(400, { detail: say("desk.need_place") });
      if (!category()) throw new Problem(400, { detail: say("desk.need_category") });
      const inside = { entrance_number: numberOf("entrance_number"), floor: numberOf("floor") };
      const body = { category: category(), text: element("words").value.trim(), channel: "phone", client_id: state.id, ...asBody(), ...inside };
      const issue = await ask("/issues", { method: "POST", body });
      reset();
      done(issue.id, say("desk.created", { id: issue.id }));
    });
  }

  element("find").addEventListener("click", lookForAddress);
  element("address").addEventListener("keydown", (event) => {
    if (event.key === "Escape") element("matches").hidden = true;
    if (event.key !== "Enter") return;
    event.preventDefault();
    lookForAddress();
  });
  element("words").addEventListener("input", () => {
    warnOfPrivate(element("words").value, element("words-warning"));
    look();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "category" && element("other-category")) element("other-category").value = "";
    if (event.target.id === "other-category") for (const box of form.querySelectorAll("input[name=category]")) box.checked = false;
    look();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    create();
  });
  return { takePoint, place: () => state.place };
}
