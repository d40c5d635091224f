/** Importing a plan: choose area and file, send it, and read what became of it. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { orShow, Problem } from "./api.js";
import * as calls from "./calls.js";
import { icon, make } from "./elements.js";
import { hideDoubts, showDoubts } from "./import_doubts.js";
import { buildRefusal } from "./import_faults.js";
import { sendFile } from "./import_upload.js";
import { findImport, followImport } from "./import_work.js";
import { areaName, count, decimal, page, percent, say } from "./page_data.js";
import { showArea } from "./planner_areas.js";

const MB = 1_000_000;
const OPTIONS = ["layer", "crs", "code_column", "households_min", "households_target", "households_max"];
const at = (id) => document.getElementById(id);
const form = at("form");
const state = { area: null, file: null, isBusy: false };
const limit = decimal(page.most_bytes / MB, 0);
const kinds = [...page.tables, ...page.vectors];

function endingOf(name) {
  return kinds.find((ending) => name.toLowerCase().endsWith(ending)) ?? null;
}

/** One file at a time: the button rests while one is on its way. */
function armButton() {
  at("send").disabled = state.isBusy || state.area === null || state.file === null;
}

function refuse(text) {
  at("fault").replaceChildren(make("p.notice.fault", { role: "alert" }, text));
  at("fault").hidden = false;
}

/** Look at a file before it is sent: a wrong one need not travel first. */
function take(file) {
  state.file = null;
  at("fault").hidden = true;
  at("drop").classList.toggle("filled", Boolean(file));
  armButton();
  at("file-kind").textContent = say("import.kinds", { limit });
  if (!file) {
    at("file-name").textContent = say("import.choose");
    return;
  }
  const size = decimal(file.size / MB, file.size < MB ? 2 : 1);
  at("file-name").textContent = say("import.chosen", { name: file.name, size });
  const ending = endingOf(file.name);
  if (ending === null) refuse(say("import.wrong_kind", { name: file.name, kinds: kinds.join(" ") }));
  else if (file.size > page.most_bytes) refuse(say("import.too_big", { size, limit }));
  else {
    state.file = file;
    armButton();
    at("file-kind").textContent = say(page.tables.includes(ending) ? "import.is_table" : "import.is_polygons");
  }
}

function bodyOf(file) {
  const body = new FormData();
  body.set("area", state.area.code);
  for (const name of OPTIONS) {
    const value = form.elements[name].value.trim();
    if (value) body.set(name, value);
  }
  body.set("file", file, file.name);
  return body;
}

function codesNote(key, codes) {
  if (!codes.length) return null;
  return make("p.notice.finding", { "data-note": key }, say(`import.note_${key}`, { count: count(codes.length) }), make("span.small", {}, codes.join(" ")));
}

function fact(key, value) {
  return make("div", { "data-fact": key }, make("dt", {}, say(`import.fact_${key}`)), make("dd", {}, value));
}

async function showDraft(answer, { area_code: code, file_name: name }) {
  const { measures } = answer;
  const divided = state.area.code === code ? state.area : await calls.getArea(code); // the reader may have gone on
  const left = { buildings: count(answer.buildings_unassigned), households: count(answer.households_unassigned) };
  const area = encodeURIComponent(code);
  const about = { area: areaName(divided), rows: count(answer.rows), seconds: decimal(measures.seconds ?? 0) };
  at("said").replaceChildren(
    make(
      "section.import-done",
      { id: "done", "data-plan": answer.plan_id },
      make("h2", { tabindex: "-1" }, `✓ ${say("import.done", { plan: answer.plan_id })}`),
      make("p.quiet", {}, say("import.done_in", about)),
      make(
        "dl.import-facts",
        {},
        fact("micro_grids", count(measures.micro_grids)),
        fact("in_band", measures.in_band_share === null ? "–" : percent(measures.in_band_share)),
        fact("households", count(measures.households)),
        fact("unassigned", say("import.unassigned_sum", left)),
      ),
      make(
        "div.actions",
        {},
        make("a.button.main", { href: `/planner?area=${area}&plan=${answer.plan_id}` }, icon("map"), say("import.open_planner")),
        make("a.button", { href: `/planner/plans/${answer.plan_id}/edit?area=${area}` }, icon("redraw"), say("import.open_editor")),
      ),
      codesNote("retired_codes", answer.retired_codes),
      codesNote("empty_codes", answer.empty_codes),
      answer.ignored.length ? make("p.quiet.small", {}, say("import.ignored"), answer.ignored.join(", ")) : null,
    ),
    make("section.import-doubts", {}, ...showDoubts(answer, name)),
  );
  at("said").querySelector("h2").focus();
}

/** Say what became of a file, and leave the page as it was for another one. */
async function showEnd(work) {
  if (work.status === "cancelled") refuse(say("import.called_off"));
  else if (work.status === "done" && !work.draft) refuse(say("import.removed"));
  else if (work.status === "done") await showDraft(work.draft, work);
  else showRefusal(new Problem(work.problem.status, work.problem), work.file_name);
}

function showRefusal(problem, name) {
  at("said").replaceChildren(...buildRefusal(problem, name));
  at("said").firstElementChild.scrollIntoView({ block: "start" });
}

function watch(work) {
  at("said").replaceChildren(make("p.import-leave.quiet", {}, say("import.may_leave")));
  return followImport(work).finally(() => at("said").replaceChildren());
}

/** Keep the page for one file until `work` is through with it. */
async function occupy(name, work) {
  state.isBusy = true;
  armButton();
  at("fault").hidden = true;
  try {
    await work();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showRefusal(problem, name);
  } finally {
    state.isBusy = false;
    armButton();
  }
}

async function send(event) {
  event.preventDefault();
  const { file } = state;
  if (!file) return;
  at("said").replaceChildren();
  hideDoubts();
  await occupy(file.name, async () => {
    const work = await sendFile(bodyOf(file), file.name);
    if (work === null) return refuse(say("import.stopped"));
    writeAddress({ import: work.id }); // a page that is opened again goes on from here
    return showEnd(await watch(work));
  });
}

/** Go on with the import that the address names. */
async function resume(id) {
  const known = await findImport(id);
  if (known === null) writeAddress({ import: null });
  else await occupy(known.file_name, async () => showEnd(await watch(known)));
}

/** Plans of the area, and those of areas above: of these the part that lies here. */
async function listPlans({ code, parents }) {
  const above = parents.map(async (parent) => {
    try {
      return (await calls.listPlans(parent.code)).filter((plan) => plan.area_code === parent.code);
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 404) return []; // it is somebody else's
      throw problem;
    }
  });
  const own = (await calls.listPlans(code)).filter((plan) => plan.area_code === code);
  const found = [...own, ...(await Promise.all(above)).flat()];
  return found.filter((plan) => !["computing", "failed"].includes(plan.status));
}

/** The list of a plan that is there is the best template: its codes, buildings and floors are right. */
async function showTemplates() {
  const ready = await listPlans(state.area);
  if (!ready.length) {
    at("templates").replaceChildren(make("p.quiet.small", {}, say("import.template_none")));
    return;
  }
  const areaOf = (plan) => [state.area, ...state.area.parents].find((area) => area.code === plan.area_code);
  const label = (plan) => ({ plan: plan.id, status: say(`planner.plan_${plan.status}`), area: areaName(areaOf(plan)) });
  const option = (plan) => make("option", { value: plan.id }, say("import.template_option", label(plan)));
  const choice = make("select.input", { "aria-label": say("import.template_plan") }, ...ready.map(option));
  choice.value = (ready.find((plan) => plan.status === "published") ?? ready[0]).id;
  const links = ["csv", "xlsx"].map((ending) => make("a.button", { download: true, "data-template": ending }, icon("download"), ending.toUpperCase()));
  const point = () => {
    const area = encodeURIComponent(state.area.code);
    for (const link of links) link.href = `/api/v1/plans/${choice.value}/export.${link.dataset.template}?area=${area}`;
  };
  choice.addEventListener("change", point);
  point();
  at("templates").replaceChildren(choice, make("div.actions", {}, ...links));
}

async function openArea(code, { step = false } = {}) {
  await orShow(at("fault"), async () => {
    state.area = await calls.getArea(code);
    const children = await calls.listAreas({ parent: code });
    writeAddress({ area: code, import: step ? null : readAddress().import }, { step });
    showArea(state.area, children, (other) => openArea(other, { step: true }));
    at("to-planner").href = `/planner?area=${encodeURIComponent(code)}`;
    armButton();
    await showTemplates();
  });
}

at("file").setAttribute("accept", kinds.join(","));
at("file").addEventListener("change", (event) => take(event.target.files[0] ?? null));
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  at("drop").addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop") take(event.dataTransfer.files[0] ?? null);
  });
}
form.addEventListener("submit", send);
onStepBack((address) => address.area && openArea(address.area));
take(null);
if (page.areas.length) await openArea(readAddress().area || page.areas[0].code);
if (readAddress().import) await resume(readAddress().import);
