/** Head figures of a comparison, what they mean, and the legend of the map with the versions compared. */

import { CLASSES, swatchOf } from "./compare_changes.js";
import { make } from "./elements.js";
import { count, decimal, households, moment, page, percent, say } from "./page_data.js";

const at = (id) => document.getElementById(id);

/** Say a figure before and after, and whether it got better; `isMoreBetter` tells which way is up. */
function both({ before, after }, write, isMoreBetter) {
  const [one, other] = [before, after].map((value) => (value === null ? "–" : write(value)));
  const words = say("compare.from_to", { before: one, after: other });
  if (before === null || after === null) return [make("b", {}, words)];
  const change = one === other ? "alike" : after > before === isMoreBetter ? "better" : "worse";
  const sign = { alike: "=", better: "✓", worse: "!" }[change];
  return [make("b", {}, words), make(`span.turn.${change}`, {}, `${sign} ${say(`compare.turn_${change}`)}`)];
}

function rows(summary) {
  const offTarget = (value) => say("compare.off_target", { count: decimal(value) });
  return [
    ["atoms", [make("b", {}, count(summary.atoms_moved))]],
    ["households", [make("b", {}, count(summary.households_moved)), make("span", {}, percent(summary.moved_share))]],
    ["staff", [make("b", {}, count(summary.households_staff_changed))]],
    ["affected", [make("b", {}, count(summary.staff_affected))]],
    ["in_band", both(summary.in_band_share, percent, true)],
    ["balance", both(summary.balance, offTarget, false)],
    ["compactness", both(summary.compactness, (value) => decimal(value, 3), true)],
    ["buildings", [make("b", {}, `${count(summary.buildings_new)} / ${count(summary.buildings_gone)}`)]],
  ];
}

/** Tell whether nothing differs. */
export function isSame(summary, cells) {
  return cells.length === 0 && summary.atoms_moved + summary.buildings_new + summary.buildings_gone === 0;
}

/** Show the figures. */
export function showFigures(summary) {
  const moved = { households: households(summary.households_moved), share: percent(summary.moved_share) };
  at("headline").textContent = summary.households_moved
    ? say("compare.headline", moved)
    : say("compare.headline_none");
  const shown = rows(summary);
  at("figures").replaceChildren(
    ...shown.map(([name, content]) =>
      make(
        "div",
        { "data-figure": name, title: say(`compare.figure_${name}_means`) },
        make("dt", {}, say(`compare.figure_${name}`)),
        make("dd", {}, ...content),
      ),
    ),
  );
  at("meanings").replaceChildren(
    ...shown.flatMap(([name]) => [
      make("dt", {}, say(`compare.figure_${name}`)),
      make("dd", {}, say(`compare.figure_${name}_means`)),
    ]),
  );
}

function line(kind) {
  return make("li", {}, make(`span.legend-line.${kind}`, { "aria-hidden": "true" }), say(`compare.line_${kind}`));
}

function versionOf(plan) {
  const status = plan && say(`planner.plan_${plan.status}`);
  if (!plan) return say("compare.version_seen", { made: moment(Date.now()) });
  return say("compare.version_plan", { plan: plan.id, status, made: moment(plan.published_at ?? plan.created_at) });
}

/** Explain the map: each class that is there with its sign and sums, the two kinds of borders, the versions. */
export function showLegend(moves, classOf, plans) {
  const sums = new Map();
  for (const row of moves) {
    const name = classOf(row);
    const { atoms, homes } = sums.get(name) ?? { atoms: 0, homes: 0 };
    sums.set(name, { atoms: atoms + 1, homes: homes + row.households });
  }
  const items = Object.keys(CLASSES).filter((name) => sums.has(name)).map((name) => {
    const { atoms, homes } = sums.get(name);
    const sum = say("compare.legend_count", { atoms: count(atoms), households: count(homes) });
    const words = make("span", {}, say(`compare.class_${name}`), make("small.quiet", {}, ` ${sum}`));
    return make("li", { "data-class": name }, swatchOf(name), words);
  });
  const version = (side, plan) => `${side}${page.language === "zh" ? "：" : ": "}${versionOf(plan)}`;
  at("legend-body").replaceChildren(
    make("ul", {}, line("after"), line("before"), ...items),
    make("p.quiet.small", {}, version(say("compare.before"), plans.from)),
    make("p.quiet.small", {}, version(say("compare.after"), plans.to)),
    make("p.quiet.small", {}, say("compare.compared_at", { made: moment(Date.now()) })),
  );
  at("legend").hidden = false;
}
