/** Filters of the officials' page; each change goes into the address. */

import { writeAddress } from "./address.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { areaName, page, sayOr } from "./page_data.js";
import { dateText, presetDays, presetOf } from "./periods.js";

const field = (id) => document.getElementById(id);
const measures = field("measures");
const periods = field("periods");

/** Name a category; one that a city brought along is shown as it is. */
export function categoryName(code) {
  return sayOr(`pages.category_${code}`, code);
}

async function listPlaces() {
  const lists = await Promise.all(
    page.areas.map(async (area) => [area, ...(await calls.listAreas({ parent: area.code }))]),
  );
  return lists.flat();
}

/** Bring the filters to life; `changed` gets all of them, `moved` the area whenever another is chosen. */
export function startFilters({ changed, moved }) {
  const state = {};
  let places = [];

  function mark() {
    for (const button of measures.children) {
      button.setAttribute("aria-pressed", String(button.dataset.measure === state.measure));
    }
    const preset = presetOf(state.from, state.to);
    for (const button of periods.children) {
      button.setAttribute("aria-pressed", String(button.dataset.period === preset));
    }
    for (const name of ["from", "to", "category", "area", "level"]) field(name).value = state[name];
  }

  function change(changes) {
    Object.assign(state, changes);
    if (state.from > state.to) [state.from, state.to] = [state.to, state.from];
    mark();
    writeAddress({ ...state, level: state.level, measure: state.measure });
    return changed(state);
  }

  measures.addEventListener("click", ({ target }) => {
    if (target.dataset.measure) change({ measure: target.dataset.measure });
  });
  periods.addEventListener("click", ({ target }) => {
    if (target.dataset.period) change(presetDays(target.dataset.period, state.to));
  });
  for (const name of ["from", "to", "category", "level"]) {
    field(name).addEventListener("change", () => field(name).reportValidity() && change({ [name]: field(name).value }));
  }
  field("area").addEventListener("change", () => {
    change({ area: field("area").value });
    moved(places.find((area) => area.code === state.area));
  });

  return {
    async start(asked) {
      const [found, categories] = await Promise.all([listPlaces(), calls.listCategories()]);
      places = found;
      field("area").replaceChildren(
        ...places.map((area) => make("option", { value: area.code }, areaName(area))),
      );
      field("category").append(
        ...categories.map(({ category }) => make("option", { value: category }, categoryName(category))),
      );
      const last = asked.to || dateText(new Date());
      await change({
        area: places.some((area) => area.code === asked.area) ? asked.area : places[0].code,
        category: asked.category || "",
        level: asked.level || "micro_grid",
        measure: asked.measure || "rate",
        to: last,
        from: asked.from || presetDays("quarter", last).from,
      });
    },
  };
}
