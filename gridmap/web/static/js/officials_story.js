/** The story in words and the legend: what is counted, of when, from which plan. */

import { make } from "./elements.js";
import { paintClass, spansOf } from "./heat_scale.js";
import { shortCode } from "./grid_style.js";
import { count, day, decimal, households, moment, say } from "./page_data.js";
import { categoryName } from "./officials_filters.js";

const element = (id) => document.getElementById(id);

const totalOf = (rows) => rows.reduce((sum, row) => sum + row.issues, 0);

function change(now, past) {
  if (!past) return say("officials.no_past");
  const share = Math.round(((now - past) / past) * 100);
  if (share === 0) return say("officials.as_before");
  return say(share < 0 ? "officials.less" : "officials.more", { share: Math.abs(share) });
}

/** Name a cell: a micro-grid by its short code and what it holds, an area by its name. */
export function nameOf(row, level) {
  return level === "micro_grid" ? `${shortCode(row.code)} ${row.label}` : row.label;
}

function sentenceOf(answer, past, filters) {
  const issues = totalOf(answer.rows);
  const values = {
    area: answer.area_name,
    from: day(answer.starts_at),
    to: day(new Date(Date.parse(answer.ends_at) - 1)),
    what: filters.category ? categoryName(filters.category) : say("officials.issues_all"),
    count: count(issues),
  };
  if (!issues) return say("officials.sentence_none", values);
  const first = say("officials.sentence", { ...values, change: change(issues, totalOf(past.rows)) });
  const top = answer.rows.reduce((one, two) => (two.issues > one.issues ? two : one));
  return first + say("officials.sentence_top", { place: nameOf(top, filters.level), count: count(top.issues) });
}

function figure(key, value) {
  return make("div", {}, make("dt", {}, say(key)), make("dd", {}, value));
}

/** Say in one sentence what the map shows, then three figures. */
export function showStory(answer, past, filters) {
  const issues = totalOf(answer.rows);
  const homes = answer.rows.reduce((sum, row) => sum + row.households, 0);
  element("sentence").textContent = sentenceOf(answer, past, filters);
  element("figures").replaceChildren(
    figure("officials.figure_issues", count(issues)),
    figure("officials.figure_rate", homes ? decimal((issues / homes) * 100) : "–"),
    figure("officials.figure_cells", count(answer.rows.filter((row) => row.issues).length)),
  );
}

function leftOutText(answer) {
  const sum = Object.values(answer.left_out || {}).reduce((one, two) => one + two, 0);
  return sum ? say("officials.left_out", { count: count(sum) }) : "";
}

/** Show five classes with their spans, the hatch, the definition, plan version and time of the data. */
export function showLegend(answer, filters, bounds) {
  element("legend-title").textContent = say(`officials.legend_${filters.measure}`);
  const item = (text, number, kind = "li") => {
    const swatch = make("canvas", { "aria-hidden": "true" });
    paintClass(swatch, number);
    return make(kind, {}, swatch, make("span", {}, text));
  };
  element("classes").replaceChildren(
    ...spansOf(bounds, filters.measure).map((span, number) => item(span, number)),
    item(say("officials.not_enough"), null, "li.left-out"),
  );
  element("definition").textContent = [answer.definition, leftOutText(answer)].filter(Boolean).join(" ");
  element("version").textContent = say("officials.version", {
    plan: answer.plan_version ?? "–",
    from: filters.from,
    to: filters.to,
    time: moment(answer.as_of),
  });
}

/** Tell what a cell holds, in a few lines. */
export function tellCell(place, row, level) {
  const rate =
    row.rate_per_100 === null
      ? say("officials.not_enough")
      : say("officials.tip_rate", { rate: decimal(row.rate_per_100) }) + (row.few ? " †" : "");
  place.replaceChildren(
    make("b", {}, nameOf(row, level)),
    make("span", {}, say("pages.issues", { count: count(row.issues) })),
    make("span", {}, rate),
    make("span.quiet", {}, households(row.households, row.estimated)),
  );
}
