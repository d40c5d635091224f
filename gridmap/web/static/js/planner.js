/** Planner's page: choose an area, see which micro-grids need work, make, check and publish plans. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { draftLayer } from "./draft_layer.js";
import { chooseByTabs } from "./elements.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { page } from "./page_data.js";
import { showArea } from "./planner_areas.js";
import { startCells } from "./planner_cells.js";
import { showFindings } from "./planner_findings.js";
import { startPlans } from "./planner_plans.js";

const fault = document.getElementById("fault");
const state = { area: null, plan: null, cells: [] };
const view = makeMap(document.getElementById("map"));
const draft = draftLayer(view.map);

function point(code) {
  view.pointed.show(code);
  cells.point(code);
}

function choose(code, { fit = false } = {}) {
  view.chosen.show(code);
  draft.choose(code);
  cells.choose(code);
  writeAddress({ micro_grid: code });
  const cell = state.cells.find((one) => one.code === code);
  if (fit && cell) fitTo(view.map, cell.bounds, { maxZoom: 17 });
}

const cells = startCells({ point, choose });

async function showPlan(plan) {
  state.plan = plan;
  const drafted = plan !== null && plan.status !== "published";
  writeAddress({ plan: drafted ? plan.id : null });
  await orShow(fault, async () => {
    const query = { area: state.area.code, plan: drafted ? plan.id : null };
    state.cells = await calls.listMicroGrids(query);
    await draft.show(drafted ? plan.id : null, state.area.code);
    view.cells.setVisible(!drafted);
    view.cellNames.setVisible(!drafted);
    const findings = plan === null ? [] : (await calls.getPlan(plan.id)).findings;
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

onPoint(view.map, [view.cells, draft.layer], {
  pointed: (feature) => point(feature ? feature.get("code") : null),
  clicked: (feature) => feature && choose(feature.get("code")),
});

chooseByTabs(document.getElementById("tabs"), (tab) => writeAddress({ tab: tab === "cells" ? null : tab }))(
  readAddress().tab || "cells",
);
onStepBack((address) => address.area && openArea(address.area));
const asked = readAddress();
if (page.areas.length) openArea(asked.area || page.areas[0].code, { fit: !asked.at });
