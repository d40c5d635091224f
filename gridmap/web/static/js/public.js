/** The public map: what has been published of each month, and of each year by micro-grid. */

import { readAddress, writeAddress } from "./address.js";
import { ask, orShow } from "./api.js";
import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { classOf } from "./heat_scale.js";
import { paintClass } from "./heat_classes.js";
import { areaName, count, decimal, page, say } from "./page_data.js";
import { makePlayer } from "./player.js";
import { makePublicMap } from "./public_map.js";

const NOT_TOLD = "not_enough";
const MONTHS_A_YEAR = 12;

const field = (id) => document.getElementById(id);
const state = { table: "months", month: null };
const known = { months: null, year: undefined };
const breaks = { months: [], year: [] }; // per 100 households

const number = (month) => Number(month.slice(0, 4)) * MONTHS_A_YEAR + Number(month.slice(5, 7)) - 1;
const monthOf = (count_) => `${Math.floor(count_ / MONTHS_A_YEAR)}-${String((count_ % MONTHS_A_YEAR) + 1).padStart(2, "0")}`;
const lengthOf = (block) => number(block.last_month) - number(block.first_month) + 1;

function spanOf(block) {
  const [first, last] = [block.first_month.slice(0, 7), block.last_month.slice(0, 7)];
  return first === last ? first : say("public.span", { first, last });
}

const map = makePublicMap(field("map"), {
  pointed(row, [x, y] = [0, 0]) {
    const tip = field("tip");
    tip.hidden = !row;
    if (!row) return;
    tip.replaceChildren(make("b", {}, row.name), ...row.told.map((line) => make("p", {}, line)));
    const [width, height] = map.map.getSize();
    tip.style.left = `${Math.max(0, Math.min(x + 12, width - 240))}px`;
    tip.style.top = `${Math.max(0, Math.min(y + 12, height - 120))}px`;
  },
});

function kindOf(rate, table) {
  return rate === null ? NOT_TOLD : String(classOf(rate, breaks[table]));
}

/** A community in the month shown: the block that holds it, or nothing. */
function monthRow(community) {
  const at = number(state.month);
  const block = community.blocks.find((one) => number(one.first_month) <= at && at <= number(one.last_month));
  const rate = block ? (100 * block.issues) / lengthOf(block) / block.households : null;
  const name = areaName(community);
  const waiting = say("public.waiting", { issues: page.least_issues });
  return {
    key: community.code,
    name,
    street: (page.language === "en" && community.street_en) || community.street,
    geometry: community.geometry,
    kind: kindOf(rate, "months"),
    label: block ? `${name} ${count(block.issues)}` : name,
    block,
    rate,
    told: block ? [`${spanOf(block)} · ${say("public.issues")} ${count(block.issues)}`, rateText(rate, "per_100", block)] : [waiting],
  };
}

function rateText(rate, word, { households, households_estimated }) {
  const homes = `${say("public.households")} ${count(households)}${households_estimated ? " *" : ""}`;
  return `${say(`public.${word}`)} ${decimal(rate, 2)} · ${homes}`;
}

function yearRow(cell) {
  const rate = (100 * cell.issues) / cell.households;
  return {
    key: String(cell.id),
    name: cell.codes.map((code) => shortCode(code).replace("-", "\u2011")).join(" "),
    community: areaName(known.months.communities.find((one) => one.code === cell.community)),
    geometry: cell.geometry,
    kind: kindOf(rate, "year"),
    label: count(cell.issues),
    cell,
    rate,
    told: [`${say("public.issues")} ${count(cell.issues)}`, rateText(rate, "per_100_year", cell)],
  };
}

function showTable(heads, rows) {
  const cellOf = (value, place) => make(place === 0 ? "th" : "td", { scope: place === 0 ? "row" : null, class: place > 1 ? "number" : null }, value);
  field("table").replaceChildren(
    make("thead", {}, make("tr", {}, ...heads.map((head, place) => make("th", { scope: "col", class: place > 1 ? "number" : null }, head)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cellOf)))),
  );
}

function showLegend(table, answer) {
  const bounds = breaks[table];
  const spans = [`< ${bounds[0]}`, ...bounds.slice(1).map((bound, place) => `${bounds[place]}–${bound}`), `≥ ${bounds.at(-1)}`];
  const entry = (kind, text, tag = "li") => {
    const canvas = make("canvas", { "aria-hidden": "true" });
    paintClass(canvas, kind);
    return make(tag, {}, canvas, make("span", {}, text));
  };
  const entries = spans.map((span, place) => entry(String(place), span));
  if (table === "months") entries.push(entry(NOT_TOLD, say("public.waiting", { issues: page.least_issues }), "li.left-out"));
  field("legend-title").textContent = say(table === "months" ? "public.legend" : "public.legend_year");
  field("classes").replaceChildren(...entries);
  field("definition").textContent = answer ? `${answer.definition} ${say("public.colours")}` : "";
  const at = answer && answer.published_at && answer.published_at.slice(0, 10);
  const plan = answer && answer.plan_version ? ` · ${say("public.plan", { plan: answer.plan_version })}` : "";
  field("version").textContent = at ? `${say("public.published", { at })}${plan} · ${say("public.estimated")}` : "";
}

function showMonth({ moves = false } = {}) {
  const rows = known.months.communities.map(monthRow);
  map.show(rows, { moves });
  field("month-said").textContent = state.month ?? "";
  field("month").setAttribute("aria-valuetext", state.month ?? "");
  const heads = ["community", "street", "months_told", "issues", "households", "per_100"].map((word) => say(`public.${word}`));
  showTable(
    heads,
    rows.map(({ name, street, block, rate }) =>
      block
        ? [name, street, spanOf(block), count(block.issues), `${count(block.households)}${block.households_estimated ? " *" : ""}`, decimal(rate, 2)]
        : [name, street, "–", `< ${page.least_issues}`, "", ""],
    ),
  );
}

function showCategories(categories) {
  const streets = [...new Set(categories.map((one) => one.street))];
  const chosen = field("street");
  const nameOf = (street) => {
    const one = categories.find((other) => other.street === street);
    return (page.language === "en" && one.street_en) || street;
  };
  chosen.replaceChildren(...streets.map((street) => make("option", { value: street }, nameOf(street))));
  const draw = () => {
    const rows = categories.filter((one) => one.street === chosen.value);
    const most = Math.max(...rows.map((one) => one.issues));
    field("bars").replaceChildren(
      ...rows.map((one) => {
        const bar = make("i", { "aria-hidden": "true" });
        bar.style.width = `${(100 * one.issues) / most}%`;
        return make("li", {}, make("span", {}, one.category_name ?? say("public.others")), make("b", {}, count(one.issues)), bar);
      }),
    );
  };
  chosen.onchange = draw;
  if (streets.length) draw();
}

async function showYear() {
  if (known.year === undefined) known.year = known.months.years.length ? await ask("/public/year") : null;
  const answer = known.year;
  const rows = answer ? answer.cells.map(yearRow) : [];
  map.show(rows, { moves: Boolean(answer) });
  showLegend("year", answer);
  const heads = ["micro_grids", "community", "issues", "households", "per_100_year"].map((word) => say(`public.${word}`));
  showTable(
    heads,
    rows.map(({ name, community, cell, rate }) => [name, community, count(cell.issues), `${count(cell.households)}${cell.households_estimated ? " *" : ""}`, decimal(rate, 2)]),
  );
  field("empty").hidden = Boolean(answer);
  field("empty").textContent = say("public.empty_year");
  field("categories").hidden = !answer;
  if (answer) {
    showCategories(answer.categories);
    field("month-said").textContent = say("public.year_to", { last: monthOf(number(answer.year_end) - 1) });
  }
}

async function show({ moves = false } = {}) {
  field("tip").hidden = true;
  writeAddress({ table: state.table, month: state.month });
  for (const button of field("tables").children) button.setAttribute("aria-pressed", String(button.dataset.table === state.table));
  const byMonth = state.table === "months";
  field("when").hidden = !byMonth;
  field("as-csv").href = `/api/v1/public/figures.csv?table=${byMonth ? "months" : "micro_grids"}`;
  field("as-csv").hidden = !byMonth && !known.months.years.length;
  if (!byMonth) return showYear();
  field("categories").hidden = true;
  showLegend("months", known.months);
  const isEmpty = known.months.first_month === null;
  field("empty").hidden = !isEmpty;
  field("empty").textContent = say("public.empty", { issues: page.least_issues });
  if (isEmpty) {
    field("when").hidden = true;
    map.show(known.months.communities.map((one) => ({ key: one.code, name: areaName(one), label: areaName(one), kind: NOT_TOLD, geometry: one.geometry, told: [] })), { moves });
    return null;
  }
  return showMonth({ moves });
}

function go(place) {
  field("month").value = place;
  state.month = monthOf(number(known.months.first_month) + place);
  writeAddress({ month: state.month });
  showMonth();
}

const { stop } = makePlayer(
  field("play"),
  { play: say("public.play"), pause: say("public.pause"), next: say("public.next") },
  () => {
    const [place, last] = [Number(field("month").value), Number(field("month").max)];
    go(place >= last ? 0 : place + 1);
    return Number(field("month").value) < last;
  },
);
field("month").addEventListener("input", () => {
  stop();
  go(Number(field("month").value));
});
field("tables").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  stop();
  state.table = button.dataset.table;
  orShow(field("fault"), () => show({ moves: true }));
});
field("filters").addEventListener("submit", (event) => event.preventDefault());

orShow(field("fault"), async () => {
  known.months = await ask("/public/months");
  Object.assign(breaks, { months: known.months.breaks_per_100, year: known.months.year_breaks_per_100 });
  const { first_month: first, last_month: last } = known.months;
  const asked = readAddress();
  if (asked.table === "year") state.table = "year";
  if (first) {
    field("month").max = number(last) - number(first);
    const wanted = /^\d{4}-\d{2}$/.test(asked.month || "") ? number(asked.month) : number(last);
    const place = Math.max(0, Math.min(wanted, number(last)) - number(first));
    field("month").value = place;
    state.month = monthOf(number(first) + place);
  }
  stop();
  await show({ moves: true });
});
