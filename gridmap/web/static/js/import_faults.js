/** Why nothing was imported: every fault with its place, what is wrong, and what to do. */

import { make } from "./elements.js";
import { count, say, sayOr } from "./page_data.js";
import { fileLink } from "./table_file.js";

const SHOWN = 200;
const COLUMNS = ["where", "column", "reason", "value", "hint", "text"];
const FIELDS = ["place", "column", "reason", "remedy"];

/** Say what is wrong in the words of this page, else in the server's, without the place before them. */
function reasonOf(fault) {
  const place = fault.column ? `${fault.where} · ${fault.column}` : fault.where;
  const said = fault.text.startsWith(place) ? fault.text.slice(place.length).replace(/^[:：]\s*/, "") : fault.text;
  return sayOr(`import.fault_${fault.reason}`, said, fault);
}

function row(fault) {
  const remedy = sayOr(`import.remedy_${fault.reason}`, say("import.remedy_default"), fault);
  const texts = [fault.column, reasonOf(fault), remedy];
  return make("tr", { "data-reason": fault.reason }, make("th", { scope: "row" }, fault.where), ...texts.map((text) => make("td", {}, text)));
}

/**
 * Build what is said of a file that was refused.
 *
 * @param {Problem} problem
 * @param {string} name of the file
 */
export function buildRefusal(problem, name) {
  const faults = problem.body.fields ?? [];
  const title = make("h2", {}, say("import.refused"));
  const words = make("p", { role: "alert" }, problem.message);
  if (!faults.length) return [make("div.notice.fault", {}, title, words)];
  const shown = faults.slice(0, SHOWN);
  const cut = say("import.shown", { shown: count(shown.length), total: count(faults.length) });
  return [
    make("div.notice.fault", {}, title, words),
    make("div.actions", {}, fileLink(`${name}.rejects.csv`, COLUMNS, faults, say("import.rejects"))),
    shown.length < faults.length ? make("p.quiet.small", {}, cut) : null,
    make(
      "div.table-box",
      {},
      make(
        "table.faults",
        { id: "faults" },
        make("thead", {}, make("tr", {}, ...FIELDS.map((one) => make("th", { scope: "col" }, say(`import.col_${one}`))))),
        make("tbody", {}, ...shown.map(row)),
      ),
    ),
  ].filter(Boolean);
}
