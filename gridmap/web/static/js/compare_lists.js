/** What changed as lists: micro-grids by change, and the atoms that moved as a table. */

import { codeName, placeName, SIGNS, swatchOf } from "./compare_changes.js";
import { cellButton, make, mark, walkByArrows } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { count, say } from "./page_data.js";

const SHOWN = 400;
const at = (id) => document.getElementById(id);

function number(households, status) {
  if (households === null) return "–";
  return make("span", {}, count(households), mark(status, say(`planner.status_${status}`)));
}

function cellRow(cell, calls) {
  const people = cell.people ? say("compare.people", { count: count(cell.people) }) : say("compare.people_none");
  return make(
    "li",
    {},
    cellButton(
      cell.code,
      say("compare.show_on_map"),
      calls,
      make(`span.sign.${cell.change}`, { "aria-hidden": "true" }, SIGNS[cell.change]),
      make("b", {}, shortCode(cell.code)),
      make("span.quiet.small", { title: people }, `${cell.grid_name} · ${people}`),
      make(
        "span.number",
        {},
        number(cell.households_before, cell.status_before),
        " → ",
        number(cell.households_after, cell.status_after),
      ),
    ),
  );
}

function group(change, cells, calls) {
  if (!cells.length) return null;
  const name = make("h3", {}, `${say(`compare.change_${change}`)} ${count(cells.length)}`);
  return make("section", { "data-change": change }, name, make("ul.compare-cells", {}, ...cells.map((one) => cellRow(one, calls))));
}

function tableRow(row, { classOf, gridOf }, choose) {
  const meaning = say(`compare.class_${classOf(row)}`);
  const swatch = swatchOf(classOf(row), { role: "img", "aria-label": meaning, title: meaning });
  const code = (one) =>
    one === null
      ? make("td", {}, codeName(null))
      : make("td", {}, make("button.link", { type: "button", onclick: () => choose(one, { fit: true }) }, codeName(one)));
  const staff = row.staff_changed ? make("small.quiet", {}, say("compare.staff_differs")) : null;
  return make(
    "tr",
    {},
    make("td", {}, swatch),
    make("th", { scope: "row" }, placeName(row), make("small.quiet", {}, gridOf.get(row.after ?? row.before)), staff),
    make("td.figure", {}, count(row.households)),
    code(row.before),
    code(row.after),
  );
}

/** Bring the lists to life; `point` and `choose` say on the map what the reader points at and takes. */
export function startLists(calls) {
  const cells = at("panel-cells");
  const table = at("panel-rows");
  let found = null;
  let buttons = new Map();
  let only = null;
  walkByArrows(cells, "button");

  function drawTable() {
    const mine = only === null ? found.rows : found.rows.filter((row) => row.before === only || row.after === only);
    const shown = mine.slice(0, SHOWN);
    const total = only === null ? found.rows_total : mine.length;
    const isCut = shown.length < total;
    const words = isCut
      ? say("compare.rows_cut", { shown: count(shown.length), total: count(total) })
      : say("compare.rows_shown", { total: count(total) });
    const all = make("button.button.plain", { type: "button", onclick: () => calls.choose(null) }, say("compare.show_all"));
    const head = make(
      "div.table-head",
      {},
      make("span", { role: "status" }, only === null ? words : `${say("compare.only", { code: shortCode(only) })} · ${words}`),
      only === null ? null : all,
    );
    const columns = ["change", "place", "households", "before", "after"];
    table.replaceChildren(
      head,
      shown.length
        ? make(
            "table.compare-rows",
            {},
            make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, say(`compare.col_${name}`))))),
            make("tbody", {}, ...shown.map((row) => tableRow(row, found, calls.choose))),
          )
        : make("p.empty", {}, say("compare.no_rows")),
    );
  }

  return {
    show(comparison, classOf) {
      const gridOf = new Map(comparison.micro_grids.map((one) => [one.code, one.grid_name]));
      found = { ...comparison, classOf, gridOf };
      only = null;
      const of = (change) => comparison.micro_grids.filter((one) => one.change === change);
      cells.replaceChildren(
        ...["created", "retired", "changed"].map((change) => group(change, of(change), calls)).filter(Boolean),
        make("p.empty", {}, say("compare.kept", { count: count(comparison.summary.micro_grids_kept) })),
      );
      buttons = new Map([...cells.querySelectorAll("[data-code]")].map((one) => [one.dataset.code, one]));
      at("cell-count").textContent = count(comparison.micro_grids.length);
      at("row-count").textContent = count(comparison.rows_total);
      drawTable();
    },
    point(code) {
      cells.querySelector(".pointed")?.classList.remove("pointed");
      buttons.get(code)?.classList.add("pointed");
    },
    choose(code) {
      cells.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
      const chosen = buttons.get(code);
      chosen?.setAttribute("aria-pressed", "true");
      chosen?.scrollIntoView({ block: "nearest" });
      only = buttons.has(code) ? code : null;
      if (found) drawTable();
    },
  };
}
