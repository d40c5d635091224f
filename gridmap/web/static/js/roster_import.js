/** Sending a roster: what was written, or every bad row with its place and remedy. */

import { Problem } from "./api.js";
import { make } from "./elements.js";
import { count, page, say } from "./page_data.js";
import { fileLink } from "./table_file.js";

const SHOWN = 200;
const COLUMNS = ["where", "column", "reason", "value", "hint", "text"];
const KINDS = ["weekly", "single", "exception", "calendar"];
const at = (id) => document.getElementById(id);

/** Say a fault without its place, which has cells of its own. */
function wordsOf(fault) {
  const place = fault.column ? `${fault.where} · ${fault.column}` : fault.where;
  return fault.text.startsWith(place) ? fault.text.slice(place.length).replace(/^[:：]\s*/, "") : fault.text;
}

function faultTable(faults, name) {
  const heads = ["fault_place", "fault_column", "fault_words"].map((key) => make("th", { scope: "col" }, say(`roster_page.${key}`)));
  const rows = faults
    .slice(0, SHOWN)
    .map((fault) => make("tr", { "data-reason": fault.reason }, make("th", { scope: "row" }, fault.where), make("td", {}, fault.column), make("td", {}, wordsOf(fault))));
  return [
    make("div.actions", {}, fileLink(`${name}.rejects.csv`, COLUMNS, faults, say("roster_page.rejects"))),
    faults.length > SHOWN ? make("p.quiet.small", {}, say("roster_page.faults_shown", { shown: SHOWN, total: count(faults.length) })) : null,
    make("div.table-box", { tabindex: "0", role: "region", "aria-label": say("roster_page.faults") }, make("table.faults", { id: "faults" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows))),
  ].filter(Boolean);
}

function refusal(problem, name) {
  const faults = problem.body.fields ?? [];
  const said = faults.length ? say("roster_page.refused", { count: count(faults.length) }) : problem.message;
  const words = make("p.notice.fault", { role: "alert" }, said);
  return faults.length ? [words, ...faultTable(faults, name)] : [words];
}

function success(done, name) {
  const rows = KINDS.filter((kind) => kind in done.inserted || kind in done.updated || kind in done.unchanged).map((kind) =>
    make(
      "li",
      {},
      say("roster_page.loaded", {
        kind: say(`roster_page.kind_${kind}`),
        inserted: count(done.inserted[kind] ?? 0),
        updated: count(done.updated[kind] ?? 0),
        unchanged: count(done.unchanged[kind] ?? 0),
      }),
    ),
  );
  const values = { added: count(done.shifts_added), removed: count(done.shifts_removed), until: done.rostered_until };
  const notice = make("div.notice", {}, make("b", {}, say("roster_page.done")), make("ul", {}, ...rows), make("p", {}, say("roster_page.unrolled", values)));
  if (!done.rejected.length) return [notice];
  return [notice, make("p.notice.finding", {}, say("roster_page.skipped", { count: count(done.rejected.length) })), ...faultTable(done.rejected, name)];
}

async function send(file) {
  const form = new FormData();
  form.append("file", file);
  form.append("skip_bad", at("skip-bad").checked ? "true" : "false");
  form.append("zone", at("zone").value.trim() || "Asia/Shanghai");
  let answer;
  try {
    answer = await fetch("/api/v1/roster/imports", {
      method: "POST",
      headers: { Accept: "application/json", "Accept-Language": page.language, "X-CSRFToken": page.csrf },
      body: form,
    });
  } catch {
    throw new Problem(0, {});
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

/** Let the reader choose and send a file; `loaded` runs after something was written. */
export function setUpImport(loaded) {
  const dialog = at("import");
  const said = at("import-said");
  at("open-import").addEventListener("click", () => dialog.showModal());
  at("close-import").addEventListener("click", () => dialog.close());
  at("file").addEventListener("change", () => said.replaceChildren());
  at("import-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = at("file").files[0];
    if (!file) {
      said.replaceChildren(make("p.notice.fault", { role: "alert" }, say("roster_page.choose")));
      at("file").focus();
      return;
    }
    at("send").disabled = true;
    said.replaceChildren(make("p.quiet", {}, say("roster_page.sending")));
    try {
      said.replaceChildren(...success(await send(file), file.name));
      await loaded();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      said.replaceChildren(...refusal(problem, file.name));
    } finally {
      at("send").disabled = false;
    }
  });
}
