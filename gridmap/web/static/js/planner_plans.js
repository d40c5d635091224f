/** Plans of an area: create with progress, check, publish after a look at the counts, take away as files. */

import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { count, moment, percent, say } from "./page_data.js";
import { showFindings } from "./planner_findings.js";
import { confirmPublish } from "./planner_publish.js";
import { followWork } from "./planner_work.js";

const FILES = ["gpkg", "geojson", "csv"];
const panel = document.getElementById("panel-plans");
const choice = document.getElementById("plan");
const create = document.getElementById("create");
const fault = document.getElementById("fault");

const isReady = (plan) => !["computing", "failed"].includes(plan.status);

function title(plan) {
  return say("planner.plan_title", { plan: plan.id, status: say(`planner.plan_${plan.status}`) });
}

function figures(plan) {
  const { micro_grids: total, in_band_share: share, findings } = plan.measures;
  if (total === undefined) return plan.message || "";
  return say("planner.plan_figures", {
    total: count(total),
    share: share === null ? "–" : percent(share),
    findings: count(findings),
  });
}

function files(plan) {
  return FILES.map((kind) =>
    make(
      "a.button.plain",
      { href: `/api/v1/plans/${plan.id}/export.${kind}`, download: true },
      kind === "gpkg" ? "GeoPackage" : kind === "csv" ? "CSV" : "GeoJSON",
    ),
  );
}

function row(plan, { shown, show, check, publish }) {
  const isDraft = plan.status === "draft" || plan.status === "submitted";
  const button = (key, act, kind = "") =>
    make(`button.button${kind}`, { type: "button", onclick: () => act(plan) }, say(key));
  return make(
    "li",
    { "data-plan": plan.id, "aria-current": shown ? "true" : null },
    make(
      "div.plan-line",
      {},
      make("b", {}, say("planner.plan_number", { plan: plan.id })),
      make(`span.badge.${plan.status}`, {}, say(`planner.plan_${plan.status}`)),
    ),
    make("p", {}, figures(plan)),
    make("p.quiet.small", {}, `${plan.area_name} · ${moment(plan.created_at)}`),
    isReady(plan)
      ? make(
          "div.actions",
          {},
          button("planner.show", show),
          button("planner.check", check),
          isDraft ? button("planner.publish", publish, ".main") : null,
        )
      : null,
    isReady(plan) ? make("div.actions", {}, ...files(plan)) : null,
  );
}

/** Bring the plans to life. */
export function startPlans({ state, showPlan, refresh }) {
  let plans = [];

  async function check(plan) {
    await orShow(fault, async () => {
      const findings = await calls.checkPlan(plan.id);
      showFindings(findings, { choose: () => show(plan) });
      document.getElementById("tab-findings").click();
    });
  }

  async function publish(plan) {
    if (!(await confirmPublish(plan))) return;
    state.publishedHere = plan.id;
    await refresh();
  }

  async function show(plan) {
    choice.value = String(plan.id);
    await showPlan(plan);
    draw();
  }

  function draw() {
    document.getElementById("plan-count").textContent = plans.length ? count(plans.length) : "";
    const ready = plans.filter(isReady);
    const options = ready.map((plan) => make("option", { value: plan.id }, title(plan)));
    choice.replaceChildren(...options);
    choice.hidden = options.length === 0;
    if (state.plan) choice.value = String(state.plan.id);
    const rows = plans.map((plan) => row(plan, { shown: plan.id === state.plan?.id, show, check, publish }));
    panel.replaceChildren(
      rows.length ? make("ul.plans", {}, ...rows) : make("p.empty", {}, say("planner.no_plans")),
    );
  }

  /** A plan of an area above divides what lies below too. */
  async function listWith(area, wanted) {
    const listed = await calls.listPlans(area.code);
    const isOwn = wanted === null || listed.some((plan) => plan.id === wanted);
    const above = isOwn ? null : await calls.getPlan(wanted);
    return above && area.parents.some((parent) => parent.code === above.area_code) ? [...listed, above] : listed;
  }

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
    plans = await calls.listPlans(state.area.code);
    if (done.status === "draft") await show(done);
    else draw();
  }

  choice.addEventListener("change", () => show(plans.find((plan) => plan.id === Number(choice.value))));
  create.addEventListener("click", async () => {
    create.disabled = true;
    await orShow(fault, async () => follow(await calls.createPlan(state.area.code)));
    create.disabled = false;
  });
  return { open };
}
