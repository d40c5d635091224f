/** Plans of an area: the choice of the one that is shown, made anew with progress, and all of them as a list. */

import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { findSeen } from "./planner_calls.js";
import { make } from "./elements.js";
import { areaName, count, moment, percent, say } from "./page_data.js";
import { compareAddress, cutList } from "./planner_rows.js";
import { followWork } from "./planner_work.js";

const FILES = { gpkg: "GeoPackage", geojson: "GeoJSON", xlsx: "XLSX", csv: "CSV" };
const BOOKLET_LEVELS = ["community", "grid"];
const panel = document.getElementById("panel-plans");
const choice = document.getElementById("plan");
const create = document.getElementById("create");
const fault = document.getElementById("fault");

const isReady = (plan) => !["computing", "failed"].includes(plan.status);

function title(plan) {
  return say("planner.plan_title", { plan: plan.id, status: say(`planner.plan_${plan.status}`) });
}

function figures(plan) {
  const { micro_grids: total, in_band_share: share } = plan.measures;
  if (total === undefined) return plan.message || "";
  return say("planner.plan_figures", { total: count(total), share: share === null ? "–" : percent(share) });
}

function origin(plan) {
  const parts = [plan.area_name, moment(plan.published_at ?? plan.created_at)];
  if (plan.branched_from) parts.push(say("planner.plan_from", { plan: plan.branched_from }));
  return parts.join(" · ");
}

function files(plan, area) {
  const link = (address, name) => make("a.button.plain", { href: address, download: true }, name);
  const path = `/api/v1/plans/${plan.id}`;
  const booklet = `${path}/booklet.pdf?area=${encodeURIComponent(area.code)}`;
  return make(
    "details.files",
    {},
    make("summary", {}, say("planner.files")),
    make(
      "div.actions",
      {},
      ...Object.entries(FILES).map(([kind, name]) => link(`${path}/export.${kind}`, name)),
      link(`${path}/findings.csv`, say("planner.findings_csv")),
      link(`${path}/operations.csv`, say("planner.operations_csv")),
    ),
    BOOKLET_LEVELS.includes(area.level)
      ? make(
          "div.actions",
          {},
          make("a.button.plain", { href: booklet, target: "_blank" }, say("planner.booklet", { area: areaName(area) })),
        )
      : make("p.quiet.small", {}, say("planner.booklet_where")),
  );
}

function row(plan, { shown, area, before, show }) {
  const isShown = plan.id === shown;
  return make(
    "li",
    { "data-plan": plan.id, "aria-current": isShown ? "true" : null },
    make(
      "div.plan-line",
      {},
      make("b", {}, say("planner.plan_number", { plan: plan.id })),
      make(`span.badge.${plan.status}`, {}, say(`planner.plan_${plan.status}`)),
    ),
    make("p", {}, figures(plan)),
    plan.effective_at ? make("p.small", {}, say("planner.timed", { at: moment(plan.effective_at) })) : null,
    make("p.quiet.small", {}, origin(plan)),
    isReady(plan)
      ? make(
          "div.actions",
          {},
          isShown
            ? make("span.quiet.small", {}, say("planner.is_shown"))
            : make("button.button", { type: "button", onclick: () => show(plan) }, say("planner.show")),
          isShown
            ? null
            : make("a.button.plain", { href: compareAddress(plan.id, before) }, say("planner.compare_shown")),
        )
      : null,
    isReady(plan) ? files(plan, area) : null,
  );
}

/** Bring the plans to life; `showPlan(plan)` shows one. */
export function startPlans({ state, showPlan }) {
  let plans = [];

  async function show(plan) {
    choice.value = String(plan.id);
    await showPlan(plan);
    draw();
  }

  function draw() {
    document.getElementById("plan-count").textContent = plans.length ? count(plans.length) : "";
    const ready = plans.filter(isReady);
    choice.replaceChildren(...ready.map((plan) => make("option", { value: plan.id }, title(plan))));
    choice.hidden = ready.length === 0;
    if (state.plan) choice.value = String(state.plan.id);
    const how = { shown: state.plan?.id, area: state.area, before: state.plan?.id, show };
    panel.replaceChildren(
      plans.length
        ? cutList(
            plans.map((plan) => row(plan, how)),
            "ul.plans",
          )
        : make("p.empty", {}, say("planner.no_plans")),
    );
  }

  /** A plan of an area above divides what lies below, too: the one that is wanted, and what everybody sees. */
  async function listWith(area, wanted) {
    const listed = await calls.listPlans(area.code);
    const ids = new Set([wanted, await findSeen(area.code)]);
    for (const plan of listed) ids.delete(plan.id);
    ids.delete(null);
    const above = await Promise.all([...ids].map((id) => calls.getPlan(id)));
    const codes = new Set([area.code, ...area.parents.map((parent) => parent.code)]);
    return [...listed, ...above.filter((plan) => codes.has(plan.area_code))];
  }

  /** List the plans of an area and show the one that is wanted, else what is published. */
  async function open(area, wanted) {
    plans = await listWith(area, wanted);
    const published = plans.find((plan) => plan.status === "published");
    const chosen = plans.find((plan) => plan.id === wanted && isReady(plan));
    create.disabled = false;
    await showPlan(chosen || published || plans.find(isReady) || null);
    draw();
    const unfinished = plans.find((plan) => plan.status === "computing");
    if (unfinished) follow(unfinished);
  }

  async function follow(plan) {
    const done = await followWork(plan);
    if (done === null) return;
    plans = await listWith(state.area, done.id);
    if (done.status === "draft") await show(plans.find((one) => one.id === done.id) ?? done);
    else draw();
  }

  choice.addEventListener("change", () => show(plans.find((plan) => plan.id === Number(choice.value))));
  create.addEventListener("click", async () => {
    create.disabled = true;
    await orShow(fault, async () => follow(await calls.createPlan(state.area.code)));
    create.disabled = false;
  });
  return {
    open,
    /** The plan to compare one with: what everybody sees, else the one it was copied from. */
    before(plan) {
      const published = plans.find((one) => one.status === "published" && one.id !== plan.id);
      return published?.id ?? plan.branched_from ?? null;
    },
  };
}
