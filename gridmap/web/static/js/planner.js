/** Planner's page: choose an area, see which micro-grids need work, make, check and publish plans. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { chooseByTabs } from "./elements.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { page } from "./page_data.js";
import { showArea } from "./planner_areas.js";
import { startCells } from "./planner_cells.js";
import { showFindings } from "./planner_findings.js";
import { startPlans } from "./planner_plans.js";

const MOST_PLANS = 12;
const fault = document.getElementById("fault");
const redraw = document.getElementById("redraw");
const state = { area: null, plan: null, cells: [], publishedHere: null };
const asked = readAddress();
const view = makeMap(document.getElementById("map"));

function point(code) {
  view.pointed.show(code);
  cells.point(code);
}

function choose(code, { fit = false } = {}) {
  view.chosen.show(code);
  cells.choose(code);
  writeAddress({ micro_grid: code });
  const cell = state.cells.find((one) => one.code === code);
  if (fit && cell) fitTo(view.map, cell.bounds, { maxZoom: 17 });
}

const cells = startCells({ point, choose });

async function listFindings(ids) {
  const known = await Promise.all(ids.slice(0, MOST_PLANS).map((id) => calls.getPlan(id)));
  return known.flatMap((plan) => plan.findings);
}

/** A draft can be redrawn by hand, here or in what lies below. */
function offerRedraw(plan) {
  redraw.hidden = plan?.status !== "draft";
  if (plan) redraw.href = `/planner/plans/${plan.id}/edit?area=${encodeURIComponent(state.area.code)}`;
}

async function showPlan(plan) {
  state.plan = plan;
  offerRedraw(plan);
  const drafted = plan !== null && plan.status !== "published";
  // What was published a moment ago is drawn as the plan it is: the common tiles follow within seconds.
  const isOwn = drafted || (plan !== null && plan.id === state.publishedHere);
  writeAddress({ plan: drafted ? plan.id : null });
  await orShow(fault, async () => {
    const query = { area: state.area.code, plan: drafted ? plan.id : null };
    state.cells = await calls.listMicroGrids(query);
    view.showPlan(isOwn ? plan.id : null);
    const findings = await listFindings(drafted ? [plan.id] : [...new Set(state.cells.map((cell) => cell.plan_id))]);
    cells.show(state.cells, findings, plan);
    showFindings(findings, { area: state.area, choose });
  });
  choose(readAddress().micro_grid || null);
}

const plans = startPlans({ showPlan, state, refresh: () => openArea(state.area.code, { fit: false }) });

async function openArea(code, { fit = true, step = false } = {}) {
  await orShow(fault, async () => {
    state.area = await calls.getArea(code);
    const children = await calls.listAreas({ parent: code });
    writeAddress({ area: code }, { step });
    showArea(state.area, children, (other) => openArea(other, { step: true }));
    if (fit) fitTo(view.map, state.area.bounds);
    await plans.open(state.area, Number(readAddress().plan) || null);
  });
}

onPoint(view.map, [view.cells], {
  pointed: (feature) => point(feature ? feature.get("code") : null),
  clicked: (feature) => feature && choose(feature.get("code")),
});

chooseByTabs(document.getElementById("tabs"), (tab) => writeAddress({ tab: tab === "cells" ? null : tab }))(
  readAddress().tab || "cells",
);
onStepBack((address) => address.area && openArea(address.area));
if (page.areas.length) openArea(asked.area || page.areas[0].code, { fit: !asked.at });
