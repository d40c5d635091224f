/** The legend: classes with colour and pattern, definition, window and q, period, plan version, time of the data. */

import { paintClass } from "./heat_classes.js";
import { FOUND, SIGNS, TESTED, foundWord, spansOf } from "./heat_scale.js";
import { make } from "./elements.js";
import { count, moment, say } from "./page_data.js";

const element = (id) => document.getElementById(id);

function leftOutText(answer) {
  const parts = Object.entries(answer.left_out).map(([reason, number]) =>
    say(`heatmaps.flag_${reason}`, { count: count(number) }),
  );
  return parts.length ? say("officials.left_out", { reasons: parts.join(say("officials.and")) }) : "";
}

function swatch(kind, text, name = "li") {
  const canvas = make("canvas", { "aria-hidden": "true" });
  paintClass(canvas, kind);
  return make(name, {}, canvas, make("span", {}, text));
}

function classesOf(layer, bounds, level) {
  if (TESTED.includes(layer)) {
    return FOUND.map((kind) => swatch(kind, `${SIGNS[kind] ? `${SIGNS[kind]} ` : ""}${foundWord(kind, layer)}`));
  }
  const spans = spansOf(bounds, layer).map((span, number) => swatch(String(number), span));
  if (layer === "counts") return spans;
  const few = say(level === "hexagon" ? "officials.few_in_hexagon" : "officials.few_households");
  return [...spans, swatch("not_enough", few, "li.left-out")];
}

/** Show the legend of what the map shows; `period` in words, `surface` the answer of the smooth surface, if drawn. */
export function showLegend(answer, { bounds, period, surface }) {
  const { layer } = answer;
  element("legend-title").textContent = say(`officials.legend_${layer}`);
  element("classes").className = TESTED.includes(layer) ? "tested" : "";
  element("classes").replaceChildren(...classesOf(layer, bounds, answer.level));
  element("definition").textContent = [answer.definition, surface?.definition].filter(Boolean).join(" ");
  element("left-out").textContent = leftOutText(answer);
  element("choices-made").hidden = !answer.messages.length;
  element("messages").replaceChildren(...answer.messages.map((text) => make("li", {}, text)));
  const values = { plan: answer.plan_version ?? "–", period, time: moment(answer.as_of) };
  const tested = answer.q === null ? "" : say("officials.version_q", { q: String(answer.q), window: answer.messages[0] });
  element("version").textContent = say("officials.version", values) + tested;
}
