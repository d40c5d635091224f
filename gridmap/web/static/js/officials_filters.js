/** Filters of the officials' page; each change goes into the address. */

import { writeAddress } from "./address.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { areaName, page } from "./page_data.js";
import { dateText, dayAfter, daysBefore, daysOf, presetDays, presetOf } from "./periods.js";
import { LISTS, startWords } from "./officials_words.js";

const field = (id) => document.getElementById(id);
const MOST_DAYS = { day: 120, week: 1100, month: 3660 };
const GROUPS = { layers: "layer", periods: "period", step: "step" };
const DATES = ["from", "to", "from2", "to2"];

/** Give what the API is asked besides the layer and the period. */
export function queryOf(state) {
  const words = Object.fromEntries(LISTS.map((name) => [name, state[name]]));
  return { area: state.area, level: state.level, ...words };
}

async function listPlaces(wanted) {
  const lists = await Promise.all(
    page.areas.map(async (area) => [area, ...(await calls.listAreas({ parent: area.code }))]),
  );
  const places = lists.flat();
  if (wanted && !places.some((area) => area.code === wanted)) {
    const found = await calls.getArea(wanted).catch(() => null);
    if (found) places.push(found);
  }
  return places;
}

/** The step of time that fits the period: the one asked for, or the finest with some sixty steps. */
function stepOf(asked, days) {
  if (asked && days <= MOST_DAYS[asked]) return asked;
  return days <= 62 ? "day" : days <= 800 ? "week" : "month";
}

/** Where one end of a period is moved past the other, the other end follows and the length stays. */
function keepOrder(state, before, from, to, isStart) {
  if (!(state[from] > state[to])) return;
  const days = before[from] ? daysOf(before[from], before[to]) : 1;
  if (isStart) state[to] = dayAfter(state[from], days - 1);
  else state[from] = dayAfter(state[to], 1 - days);
}

/** The second period: the one before, or while comparing what the address asks for. */
function secondDays({ compare, from2, to2 }, before) {
  return compare ? { compare: "1", from2: from2 || before.from2, to2: to2 || before.to2 } : before;
}

/** Bring the filters to life; `changed` gets all of them, `moved` the area whenever another is chosen. */
export function startFilters({ changed, moved }) {
  const state = {};
  const early = {}; // what was chosen before the filters knew the city
  let isReady = false;
  let places = [];
  const words = startWords((choices) => change(choices));

  function mark() {
    const pressed = { layer: state.layer, period: presetOf(state.from, state.to), step: state.step };
    for (const [id, name] of Object.entries(GROUPS)) {
      for (const button of field(id).children) {
        button.setAttribute("aria-pressed", String(button.dataset[name] === pressed[name]));
        if (name === "step") button.disabled = daysOf(state.from, state.to) > MOST_DAYS[button.dataset.step];
      }
    }
    for (const name of [...DATES, "area", "level"]) field(name).value = state[name];
    field("compare").setAttribute("aria-pressed", String(Boolean(state.compare)));
    field("dates2").hidden = !state.compare;
    field("smooth").checked = Boolean(state.smooth);
    field("smooth").disabled = state.layer !== "per_100";
    words.mark(state);
  }

  function change(changes) {
    if (!isReady) return Object.assign(early, changes);
    const before = { ...state };
    Object.assign(state, changes);
    for (const [from, to] of [["from", "to"], ["from2", "to2"]]) keepOrder(state, before, from, to, from in changes);
    const isNew = "from" in changes || "to" in changes;
    if (isNew && !state.compare) Object.assign(state, daysBefore(state.from, state.to));
    if (isNew || "step" in changes) state.step = stepOf(state.step, daysOf(state.from, state.to));
    if ((isNew || "step" in changes) && !("frame" in changes)) state.frame = "";
    mark();
    const second = state.compare ? {} : { from2: null, to2: null };
    writeAddress({ ...state, ...second });
    return changed(state, changes);
  }

  for (const [id, name] of Object.entries(GROUPS)) {
    field(id).addEventListener("click", ({ target }) => {
      const value = target.dataset[name];
      if (value) change(name === "period" ? presetDays(value, state.to || field("to").value || dateText(new Date())) : { [name]: value });
    });
  }
  for (const name of [...DATES, "level"]) {
    field(name).addEventListener("change", () => {
      if (field(name).reportValidity()) change({ [name]: field(name).value });
    });
  }
  field("compare").addEventListener("click", () => change({ compare: state.compare ? "" : "1" }));
  field("smooth").addEventListener("change", () => {
    change({ smooth: field("smooth").checked ? "1" : "" });
  });
  field("area").addEventListener("change", () => {
    change({ area: field("area").value });
    moved(places.find((area) => area.code === state.area));
  });

  return {
    change,
    async start(asked) {
      const [found] = await Promise.all([listPlaces(asked.area), words.start()]);
      places = found;
      field("area").replaceChildren(
        ...places.map((area) => make("option", { value: area.code }, areaName(area))),
      );
      const known = (id, name, value) =>
        [...field(id).children].some((one) => (one.dataset[name] || one.value) === value);
      const last = asked.to || dateText(new Date());
      const from = asked.from || presetDays("quarter", last).from;
      isReady = true;
      await change({
        area: places.some((area) => area.code === asked.area) ? asked.area : places[0].code,
        layer: known("layers", "layer", asked.layer) ? asked.layer : "per_100",
        level: known("level", "level", asked.level) ? asked.level : "micro_grid",
        ...words.known(asked),
        from,
        to: last,
        ...secondDays(asked, daysBefore(from, last)),
        step: asked.step in MOST_DAYS ? asked.step : "",
        smooth: asked.smooth ? "1" : "",
        frame: asked.frame || "",
        ...early,
      });
    },
  };
}
