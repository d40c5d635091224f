/** Comparing two plans: choose them, read the figures, see on the map and in lists what became of whom. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { ask, orShow, Problem } from "./api.js";
import * as calls from "./calls.js";
import { classifier } from "./compare_changes.js";
import { isSame, showFigures, showLegend } from "./compare_figures.js";
import { startLists } from "./compare_lists.js";
import { makeCompareMap } from "./compare_map.js";
import { chooseByTabs, icon, make } from "./elements.js";
import { areaName, moment, page, say } from "./page_data.js";
import { showArea } from "./planner_areas.js";

const ROWS = 1000;
const PHONE_PX = 760;
const at = (id) => document.getElementById(id);
const fault = at("fault");
const first = readAddress(); // before the map writes where it is
const state = { area: null, plans: new Map(), from: null, to: null, asking: null };
const view = makeCompareMap(at("map"), { pointed: point, clicked: (code) => choose(code) });
const lists = startLists({ point, choose });

function point(code) {
  view.point(code);
  lists.point(code);
}

function choose(code, options) {
  view.choose(code, options);
  lists.choose(code);
  writeAddress({ micro_grid: code });
}

const isReady = (plan) => !["computing", "failed"].includes(plan.status);

/** Plans of an area above; none where it is somebody else's. */
async function listAbove(code) {
  try {
    return (await calls.listPlans(code)).filter((plan) => plan.area_code === code);
  } catch (refusal) {
    if (refusal instanceof Problem && refusal.status === 404) return [];
    throw refusal;
  }
}

/** Plans of the area and of what lies below, and those of areas above that divide it, too. */
async function listPlans(area) {
  const own = await calls.listPlans(area.code);
  const wider = (await Promise.all(area.parents.map((parent) => listAbove(parent.code)))).flat();
  return [...own, ...wider].filter(isReady).sort((one, two) => two.id - one.id);
}

function optionOf(plan) {
  const known = [state.area, ...state.area.parents].find((area) => area.code === plan.area_code);
  const area = known ? areaName(known) : plan.area_name;
  const words = { plan: plan.id, status: say(`planner.plan_${plan.status}`), area, made: moment(plan.created_at) };
  return make("option", { value: plan.id }, say("compare.option", words));
}

function drawChoices() {
  const options = () => [...state.plans.values()].map(optionOf);
  at("from").replaceChildren(make("option", { value: "" }, say("compare.in_force")), ...options());
  at("to").replaceChildren(...options());
  at("from").value = state.from ?? "";
  if (state.to) at("to").value = state.to;
  at("to").disabled = state.plans.size === 0;
  at("swap").disabled = state.from === null;
  at("swap").title = say(state.from === null ? "compare.swap_not" : "compare.swap");
  at("to-planner").href = `/planner?area=${encodeURIComponent(state.area.code)}${state.to ? `&plan=${state.to}` : ""}`;
}

function filesOf(to, from) {
  const asked = from === null ? "" : `?with=${from}`;
  const file = (ending, key) => {
    const href = `/api/v1/plans/${to}/compare.${ending}${asked}`;
    const name = `plan-${to}-with-${from ?? "published"}.${ending}`;
    return make("a.button", { href, download: name, "data-file": ending }, icon("download"), say(key));
  };
  at("files").replaceChildren(file("csv", "compare.csv"), file("geojson", "compare.geojson"));
}

function tell(text) {
  at("state").textContent = text;
  at("state").hidden = text === "";
}

function clear() {
  view.clear();
  for (const id of ["same", "result", "legend"]) at(id).hidden = true;
}

async function compare({ fit }) {
  const { from, to } = state;
  drawChoices();
  writeAddress({ from, to });
  state.asking?.abort();
  if (to === null) {
    clear();
    tell(say("compare.no_plans"));
    return;
  }
  const asking = (state.asking = new AbortController());
  tell(say("compare.working"));
  const { signal } = asking;
  const found = await orShow(fault, () => ask(`/plans/${to}/compare`, { query: { with: from, limit: ROWS }, signal }));
  if (state.asking !== asking) return;
  clear();
  const isDifferent = found && !isSame(found.summary, found.micro_grids);
  at("same").hidden = !found || isDifferent;
  tell(isDifferent ? say("compare.drawing") : "");
  if (!isDifferent) return;
  const classOf = classifier(found.micro_grids);
  showLists(found, classOf);
  const shapes = await orShow(fault, () => ask(`/plans/${to}/compare.geojson`, { query: { with: from }, signal }));
  if (state.asking !== asking) return;
  tell("");
  if (shapes) showShapes(shapes, classOf, fit);
}

function showLists(found, classOf) {
  at("result").hidden = false;
  showFigures(found.summary);
  filesOf(state.to, state.from);
  lists.show(found, classOf);
  const { micro_grid: code } = readAddress();
  if (code) lists.choose(code);
}

/** A whole district takes seconds to come: its figures are there before. */
function showShapes(shapes, classOf, fit) {
  const moves = shapes.features.flatMap((feature) => feature.properties.moves ?? []);
  showLegend(moves, classOf, { from: state.plans.get(state.from), to: state.plans.get(state.to) });
  const bounds = view.show(shapes, classOf);
  if (fit && bounds) view.fit(bounds);
  const { micro_grid: code } = readAddress();
  if (code) view.choose(code);
}

async function take(changes) {
  Object.assign(state, changes);
  writeAddress({ micro_grid: null });
  await compare({ fit: true });
}

/** Take the plans that the address names; else the newest one, against what is in force. */
async function openArea(code, { step = false, fit = true } = {}) {
  const asked = readAddress();
  await orShow(fault, async () => {
    state.area = await calls.getArea(code);
    const children = await calls.listAreas({ parent: code });
    writeAddress({ area: code }, { step });
    showArea(state.area, children, (other) => {
      writeAddress({ from: null, to: null, at: null, zoom: null, micro_grid: null });
      openArea(other, { step: true });
    });
    state.plans = new Map((await listPlans(state.area)).map((plan) => [plan.id, plan]));
    for (const id of [asked.from, asked.to].map(Number).filter(Boolean)) {
      if (!state.plans.has(id)) state.plans.set(id, await calls.getPlan(id));
    }
    const newest = [...state.plans.values()].find((plan) => plan.status !== "superseded");
    state.to = Number(asked.to) || newest?.id || null;
    state.from = Number(asked.from) || null;
    await compare({ fit });
  });
}

/** The area: as asked; else that of the plan after; else the first one. */
async function start({ fit }) {
  const { area, to } = readAddress();
  const plan = !area && Number(to) ? await orShow(fault, () => calls.getPlan(Number(to))) : null;
  const code = area || plan?.area_code || page.areas[0]?.code;
  if (code) await openArea(code, { fit });
}

at("from").addEventListener("change", (event) => take({ from: Number(event.target.value) || null }));
at("to").addEventListener("change", (event) => take({ to: Number(event.target.value) || null }));
at("swap").addEventListener("click", () => take({ from: state.to, to: state.from }));
chooseByTabs(at("tabs"), (tab) => writeAddress({ tab: tab === "cells" ? null : tab }))(readAddress().tab || "cells");
onStepBack(() => start({ fit: true }));
at("legend").open = window.innerWidth > PHONE_PX;
await start({ fit: !first.at });
