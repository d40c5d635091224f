/** What the map of coverage says in words: share against target, legend, definition, months. */

import { SPANS, colourOf, shareBy } from "./coverage_scale.js";
import { make } from "./elements.js";
import { areaName, count, moment, page, percent, say } from "./page_data.js";
import { hatch } from "./palette.js";

const element = (id) => document.getElementById(id);

/** Name a rule in the language of the page. */
export const ruleName = (rule) => (page.language === "en" ? rule.name_en : rule.name_zh);

/** Write a share, or a dash where there is nothing to cover. */
export const shareText = (share) => (share === null ? "–" : percent(share));

function sentenceOf(answer) {
  const share = shareBy(answer.share, answer.rule);
  const values = {
    area: areaName(answer.areas[0]),
    rule: ruleName(answer.rule),
    what: say(`coverage.level_${answer.level}`),
    share: shareText(share),
    target: percent(answer.rule.target_share),
    missing: count(answer.share.places - answer.share.places_covered),
  };
  if (!answer.applies) return say("coverage_page.not_demanded", values);
  if (share === null) return say("coverage_page.nothing", values);
  return say(answer.is_met ? "coverage_page.met" : "coverage_page.missed", values);
}

function bar(answer) {
  const share = shareBy(answer.share, answer.rule);
  const goal = answer.rule.target_share;
  const label = say("coverage_page.bar", { share: shareText(share), target: percent(goal) });
  const fill = make("div.fill");
  fill.style.width = `${(share || 0) * 100}%`;
  const mark = make("div.goal", { "aria-hidden": "true" }, make("span", {}, say("coverage_page.goal", { target: percent(goal) })));
  mark.style.left = `calc(${goal * 100}% - 2px)`;
  return make("div", { role: "img", "aria-label": label }, make("div.track", {}, fill), mark);
}

function figure(value, key) {
  return make("div", {}, make("dt", {}, say(key)), make("dd", {}, value));
}

/** Say what was found: a sentence, the share against the target, three figures. */
export function showStory(answer) {
  const { share, rule } = answer;
  element("sentence").textContent = sentenceOf(answer);
  element("target").replaceChildren(bar(answer));
  element("figures").replaceChildren(
    figure(shareText(shareBy(share, rule)), `coverage_page.by_${rule.counted_by}`),
    figure(`${count(share.places_covered)} / ${count(share.places)}`, "coverage_page.places"),
    figure(
      `${count(share.households_covered)} / ${count(share.households)}${share.estimated ? "*" : ""}`,
      "coverage_page.households",
    ),
  );
  element("definition").textContent = answer.definition;
  element("version").textContent = say("coverage_page.version", {
    at: moment(answer.at),
    plan:
      answer.plan_version === null
        ? say("coverage_page.no_plan")
        : say("coverage_page.plan_version", { plan: answer.plan_version }),
    time: moment(answer.as_of),
  });
}

function swatch(number) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  canvas.width = 120;
  canvas.height = 28;
  const pen = canvas.getContext("2d");
  pen.fillStyle = number === null ? hatch() : colourOf(number);
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Show the classes with their spans; they are the same for every rule and area. */
export function showLegend() {
  element("classes").replaceChildren(
    ...SPANS.map((span, number) => make("li", {}, swatch(number), make("span", {}, span))),
    make("li.left-out", {}, swatch(null), make("span", {}, say("coverage_page.no_places"))),
  );
}

function month(one, rule) {
  const share = shareBy(one.share, rule);
  const name = one.month.slice(0, 7);
  const values = { month: name, share: shareText(share), target: percent(one.target_share) };
  const fill = make("div.fill");
  fill.style.height = `${(share || 0) * 100}%`;
  const goal = make("div.goal");
  goal.style.bottom = `${one.target_share * 100}%`;
  return make(
    "li",
    { title: say("coverage_page.month", values), "data-month": name },
    make("span.share", {}, shareText(share)),
    make("div.column", {}, fill, goal),
    make("span", {}, name),
  );
}

/** Show the months that were measured, each with its share and the target of then. */
export function showHistory(months, rule) {
  const key = page.may_measure ? "coverage_page.no_months" : "coverage_page.no_months_yet";
  element("history").replaceChildren(
    months.length
      ? make("ul.months", { tabindex: "0" }, ...months.map((one) => month(one, rule)))
      : make("p.quiet", {}, say(key)),
  );
}
