/** What publishing changes, as figures and as lists of micro-grids; each leads to its place on the map. */

import { make, mark, MARKS } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { count, percent, say } from "./page_data.js";
import { CHANGES } from "./planner_marks.js";
import { cutList } from "./planner_rows.js";

const KINDS = ["created", "retired", "changed"];

function facts({ summary, changes }) {
  const share = changes.households_before ? changes.households_moved / changes.households_before : 0;
  const { before, after } = summary.in_band_share;
  const rows = [
    ["moved", say("planner.count_share", { count: count(changes.households_moved), share: percent(share) })],
    ["staff", count(summary.households_staff_changed)],
    ["affected", count(summary.staff_affected)],
    ["kept", count(summary.micro_grids_kept)],
    ["in_band", [before, after].map((one) => (one === null ? "–" : percent(one))).join(" → ")],
  ];
  return make(
    "dl.facts",
    { id: "publish-facts" },
    ...rows.flatMap(([name, value]) => [
      make("dt", {}, say(`planner.fact_${name}`)),
      make("dd", { "data-fact": name }, value),
    ]),
  );
}

function side(households, status) {
  if (households === null) return "";
  return [`${count(households)} `, mark(status, say(`planner.status_${status}`))];
}

function row(one, jump) {
  const both = one.households_before !== null && one.households_after !== null;
  return make(
    "li",
    {},
    make(
      "button.change",
      { type: "button", "data-code": one.code, onclick: () => jump(one) },
      make("b", {}, shortCode(one.code)),
      make(
        "span",
        {},
        ...side(one.households_before, one.status_before),
        both ? " → " : "",
        ...side(one.households_after, one.status_after),
      ),
      make("span.quiet.small", {}, one.people ? say("planner.people", { count: count(one.people) }) : ""),
    ),
  );
}

function list(kind, rows, jump) {
  const { colour, sign } = CHANGES[kind];
  const swatch = make("span.swatch", { "aria-hidden": "true" }, sign);
  swatch.style.background = colour;
  return make(
    "details.group",
    { "data-kind": kind, open: rows.length > 0 && rows.length <= 12 },
    make(
      "summary",
      {},
      swatch,
      make("b", {}, say(`planner.change_${kind}`)),
      make("span.count", {}, count(rows.length)),
    ),
    rows.length
      ? cutList(
          rows.map((one) => row(one, jump)),
          "ul.changes",
        )
      : make("p.quiet.small", {}, say("planner.change_none")),
  );
}

/**
 * Draw what changes.
 *
 * @param {{comparison: object, changes: object, plan: object}} found as the API has them
 * @param {function(object)} jump called with a micro-grid that is chosen
 */
export function drawChanges({ comparison, changes, plan }, jump) {
  const { summary, micro_grids: microGrids } = comparison;
  const of = (kind) => microGrids.filter((one) => one.change === kind);
  const isSame = !microGrids.length && !comparison.rows_total;
  const buildings = [
    summary.buildings_new ? say("planner.fact_buildings_new", { count: count(summary.buildings_new) }) : "",
    summary.buildings_gone ? say("planner.fact_buildings_gone", { count: count(summary.buildings_gone) }) : "",
  ].filter(Boolean);
  return [
    isSame ? make("p.notice", {}, `${MARKS.in_band} ${say("planner.change_same")}`) : "",
    facts({ summary, changes }),
    ...buildings.map((words) => make("p.small", {}, words)),
    ...KINDS.map((kind) => list(kind, of(kind), jump)),
    comparison.rows.length < comparison.rows_total
      ? make("p.small", {}, say("planner.change_marked", { count: count(comparison.rows.length) }))
      : "",
    make(
      "p.small.quiet",
      {},
      `${say("planner.change_atoms", { count: count(comparison.rows_total) })} `,
      make("a", { href: `/api/v1/plans/${plan.id}/compare.csv`, download: true }, say("planner.change_csv")),
    ),
  ];
}
