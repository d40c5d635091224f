/** Planner's page: choose an area, see which micro-grids need work, and lead plans from draft to published.
 *
 * Other modules of the page may follow it: `plan-shown` is sent to the document with `{plan, area}` (plan null where
 * there is none) whenever another plan is shown or the one shown has changed.
 */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { mountComments } from "./comments.js";
import { chooseByTabs } from "./elements.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { page } from "./page_data.js";
import { showArea } from "./planner_areas.js";
import { startCells } from "./planner_cells.js";
import { startFindings } from "./planner_findings.js";
import { branch, showLife } from "./planner_life.js";
import { startMarks } from "./planner_marks.js";
import { startPlans } from "./planner_plans.js";
import { publish } from "./planner_publish.js";
import { Review } from "./planner_review.js";
import { keepFocus, tell, untell } from "./planner_told.js";

const fault = document.getElementById("fault");
const state = { area: null, children: [], plan: null, cells: [], publishedHere: null };
const asked = readAddress();
const view = makeMap(document.getElementById("map"));
const chooseTab = chooseByTabs(document.getElementById("tabs"), (tab) =>
  writeAddress({ tab: tab === "cells" ? null : tab }),
);

const marks = startMarks(view, {
  clicked: (feature) => {
    chooseTab("findings");
    panel.choose(feature.get("key"));
  },
});

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
const panel = startFindings({
  panel: document.getElementById("panel-findings"),
  badge: document.getElementById("finding-count"),
  how: {
    marks,
    go: (finding) => orShow(fault, () => review.go(finding)),
    nameOf: (finding) => review.nameOf(finding),
    done: () => refresh(),
    opened: (plan) => openPlan(plan),
  },
});
const review = new Review({ panel, marks, map: view.map, choose });

/** Draw the micro-grids of a draft anew: its tiles are the same address with other content. */
function redrawTiles() {
  for (const source of [view.sources.micro_grids, view.sources.micro_grid_names]) source.refresh();
}

async function showReview(plan) {
  const { area, children } = state;
  const findings = await review.open({ plan, area, children, cells: state.cells, fault });
  if (findings) cells.explain(findings);
  keepFocus();
}

/** Tell other modules of the page what is shown. */
function announce() {
  document.dispatchEvent(new CustomEvent("plan-shown", { detail: { plan: state.plan, area: state.area } }));
}

function showLifeOf(plan) {
  const seen = plan?.status === "published" ? new Set(state.cells.map((cell) => cell.plan_id)) : new Set();
  return showLife(plan, {
    area: state.area,
    before: plan && plans.before(plan),
    others: [...seen].filter((id) => id !== plan.id),
    announce,
    blocking: () => review.blocking,
    isShown: (other) => state.plan?.id === other.id,
    changed: (other) => openPlan(other),
    opened: (other) => openPlan(other),
    publish: (other) => publishShown(other, false),
    rollBack: (other) => publishShown(other, true),
  });
}

/** Show a plan, or show it anew after a change. */
async function showPlan(plan) {
  const isAgain = state.plan !== null && plan?.id === state.plan.id;
  if (!isAgain) untell();
  state.plan = plan;
  const drafted = plan !== null && plan.status !== "published";
  // What was published a moment ago is drawn as the plan it is: the common tiles follow within seconds.
  const isOwn = drafted || (plan !== null && plan.id === state.publishedHere);
  writeAddress({ plan: drafted ? plan.id : null });
  document.getElementById("import").href = `/planner/import?area=${encodeURIComponent(state.area.code)}`;
  document.getElementById("siting").href = `/planner/siting?area=${encodeURIComponent(state.area.code)}`;
  await orShow(fault, async () => {
    state.cells = await calls.listMicroGrids({ area: state.area.code, plan: drafted ? plan.id : null });
    view.showPlan(isOwn ? plan.id : null);
    if (isAgain) redrawTiles();
    cells.show(state.cells, plan);
  });
  choose(readAddress().micro_grid || null);
  state.reviewed = showReview(plan);
  await showLifeOf(plan);
  announce();
}

const plans = startPlans({ state, showPlan });

/** Ask for everything anew, the place on the map stays. */
async function refresh() {
  await openArea(state.area.code, { fit: false });
  await state.reviewed;
}

/** Show a plan that was made or changed a moment ago. */
async function openPlan(plan) {
  writeAddress({ plan: plan.id });
  await openArea(state.area.code, { fit: false });
}

async function publishShown(plan, isBack) {
  const done = await publish(plan, {
    isBack,
    marks,
    branch: (other) => branch(other, openPlan),
    jump: (seen, one) => {
      const code = one.code;
      const cell = state.cells.find((other) => other.code === code) ?? seen.find((other) => other.code === code);
      if (cell) fitTo(view.map, cell.bounds, { maxZoom: 17.5, ...besideDialog() });
    },
    toFindings: () => {
      chooseTab("findings");
      panel.toBlocking();
    },
  });
  if (!done) return;
  if (done.plan.status === "published") state.publishedHere = done.plan.id;
  await openPlan(done.plan);
  tell(done.words);
}

/** What the dialog of publishing covers of the map. */
function besideDialog() {
  const map = document.getElementById("map").getBoundingClientRect();
  const dialog = document.getElementById("publish").getBoundingClientRect();
  const right = Math.max(0, map.right - dialog.left);
  const below = Math.max(0, map.bottom - dialog.top);
  return { padding: right < map.width / 2 ? [24, right + 24, 24, 24] : [24, 24, below + 24, 24] };
}

async function openArea(code, { fit = true, step = false } = {}) {
  await orShow(fault, async () => {
    const area = await calls.getArea(code);
    const children = await calls.listAreas({ parent: code });
    Object.assign(state, { area, children });
    writeAddress({ area: code }, { step });
    showArea(area, children, (other) => openArea(other, { step: true }));
    if (fit) fitTo(view.map, area.bounds);
    await plans.open(area, Number(readAddress().plan) || null);
  });
}

onPoint(view.map, [view.cells], {
  pointed: (feature) => point(feature ? feature.get("code") : null),
  clicked: (feature) => feature && choose(feature.get("code")),
});

mountComments({
  map: view.map,
  place: view.map.getTargetElement().parentElement,
  chosen: () => readAddress().micro_grid,
});
chooseTab(asked.tab || "cells");
onStepBack((address) => address.area && openArea(address.area));
if (page.areas.length) openArea(asked.area || page.areas[0].code, { fit: !asked.at });
