/** The list of micro-grids with households and status, worst first. */

import { rove } from "./editor_keys.js";
import { cellButton, icon, make, mark, MARKS } from "./elements.js";
import { findingText } from "./findings.js";
import { shortCode } from "./grid_style.js";
import { count, households, percent, say } from "./page_data.js";
import { editorAddress } from "./planner_rows.js";
import { announce } from "./planner_told.js";

const SHOWN = 200;
const TOP = 120;
const list = document.getElementById("cells");
const more = document.getElementById("cells-more");
const need = document.getElementById("need");
const settle = rove(list, "li", "button");

/** How far a micro-grid is from its band, in households; 0 inside it. */
function strain(cell, band) {
  return Math.max(0, band.low - cell.households, cell.households - band.high);
}

function measure(cell, band) {
  const share = (number) => `${(Math.min(number, TOP) / TOP) * 100}%`;
  const mid = make("span.band");
  mid.style.left = share(band.low);
  mid.style.width = share(band.high - band.low);
  const value = make(`span.value.${cell.status}`);
  value.style.width = share(cell.households);
  return make("span.measure", { "aria-hidden": "true" }, mid, value);
}

function row(cell, { band, isOneGrid }, calls) {
  const stacked = cell.stacked ? mark("stacked", say("planner.stacked")) : null;
  return make(
    "li",
    {},
    cellButton(
      cell.code,
      cell.contents,
      calls,
      mark(cell.status, say(`planner.status_${cell.status}`)),
      make(
        "span.what",
        {},
        make("b", {}, `${shortCode(cell.code)} `, stacked),
        make("span", {}, isOneGrid ? cell.contents : `${cell.grid_name} ${cell.contents}`),
      ),
      make("span.number", {}, households(cell.households, cell.households_estimated)),
      measure(cell, band),
    ),
  );
}

/** What can be done with the one that is chosen: print its sheet, open it in the editor. */
function actions(cell, plan) {
  const sheet = `/api/v1/plans/${cell.plan_id}/micro-grids/${encodeURIComponent(cell.code)}/sheet.pdf`;
  return make(
    "div.actions.cell-actions",
    {},
    plan?.status === "draft"
      ? make("a.button", { href: editorAddress(plan, cell.grid_code, cell.code) }, say("planner.in_editor"))
      : null,
    make("a.button", { href: sheet, target: "_blank" }, icon("print"), say("planner.sheet")),
  );
}

let needSaid = ""; // once for a plan, however often it is drawn

function showNeed(cells) {
  const parts = { under: 0, in_band: 0, over: 0 };
  let sum = 0;
  let estimated = false;
  for (const cell of cells) {
    parts[cell.status] += 1;
    sum += cell.households;
    estimated ||= cell.households_estimated;
  }
  const open = parts.under + parts.over;
  const bar = make("div.parts", { "aria-hidden": "true" });
  for (const [status, number] of Object.entries(parts)) {
    if (!number) continue;
    const part = make(`span.${status}`);
    part.style.flexGrow = number;
    bar.append(part);
  }
  const figures = say("planner.need_figures", {
    total: count(cells.length),
    share: percent(parts.in_band / cells.length),
    households: households(sum, estimated),
  });
  const headline = open ? say("planner.need_some", { count: count(open) }) : say("planner.need_none");
  if (needSaid !== `${headline} ${figures}`) announce((needSaid = `${headline} ${figures}`));
  need.replaceChildren(make("strong", {}, headline), bar, make("p.quiet.small", {}, figures));
}

/** Bring the list to life; the calls it returns keep it in step with the map. */
export function startCells({ point, choose }) {
  let rows = new Map();
  let byCode = new Map();
  let shown = null;
  let pointedRow = null;
  let explained = [];

  function fill(ordered, band) {
    const isOneGrid = new Set(ordered.map((cell) => cell.grid_code)).size === 1;
    const nodes = ordered.map((cell) => row(cell, { band, isOneGrid }, { point, choose }));
    rows = new Map(nodes.map((node) => [node.firstChild.dataset.code, node.firstChild]));
    list.replaceChildren(...nodes);
    settle();
  }

  /** Say below each row why it needs work. */
  function explain(findings) {
    explained = findings;
    for (const finding of findings) {
      const at = rows.get(finding.micro_grid);
      if (!at || at.querySelector(".why")) continue;
      const sign = finding.waived ? MARKS.in_band : MARKS.finding;
      const words = finding.waived ? say("planner.is_waived", { finding: findingText(finding) }) : findingText(finding);
      at.append(make("span.why", {}, `${sign} ${words}`));
    }
  }

  return {
    explain,
    show(cells, plan) {
      const band = { low: plan?.rules?.households_min ?? 50, high: plan?.rules?.households_max ?? 80 };
      const ordered = [...cells].sort(
        (one, two) => strain(two, band) - strain(one, band) || one.code.localeCompare(two.code),
      );
      shown = plan;
      explained = [];
      byCode = new Map(cells.map((cell) => [cell.code, cell]));
      more.replaceChildren();
      need.replaceChildren();
      rows = new Map();
      if (!cells.length) {
        list.replaceChildren(make("li.empty", {}, say("planner.no_cells")));
        return;
      }
      showNeed(cells);
      fill(ordered.slice(0, SHOWN), band);
      if (ordered.length > SHOWN) {
        const all = () => {
          fill(ordered, band);
          explain(explained);
          more.replaceChildren();
        };
        const label = say("planner.show_all", { count: count(ordered.length) });
        more.replaceChildren(make("button.button.wide", { type: "button", onclick: all }, label));
      }
    },
    point(code) {
      pointedRow?.classList.remove("pointed");
      pointedRow = rows.get(code) || null;
      pointedRow?.classList.add("pointed");
    },
    choose(code) {
      list.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
      list.querySelector(".cell-actions")?.remove();
      const chosen = rows.get(code);
      if (!chosen) return;
      chosen.setAttribute("aria-pressed", "true");
      chosen.after(actions(byCode.get(code), shown));
      chosen.scrollIntoView({ block: "nearest" });
    },
  };
}
