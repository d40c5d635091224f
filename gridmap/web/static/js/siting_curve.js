/** The curve of coverage against the number of new stations: a drawing, and the same as a table. */

import { make } from "./elements.js";
import { count, percent, say } from "./page_data.js";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [400, 170, 44, 10, 10, 26];

function draw(name, attributes, text = "") {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

/** The most and the least of the axis of shares: the curve fills it. */
function rangeOf(points) {
  const low = Math.floor(Math.min(...points.map((one) => one.within_share)) * 10) / 10;
  const high = Math.ceil(Math.max(...points.map((one) => one.within_share)) * 10) / 10;
  return high > low ? [low, high] : [Math.max(0, low - 0.1), Math.min(1, low + 0.1)];
}

function drawing(points, chosen) {
  const [low, high] = rangeOf(points);
  const last = points.at(-1).sites || 1;
  const x = (sites) => LEFT + ((WIDTH - LEFT - RIGHT) * sites) / last;
  const y = (share) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (share - low)) / (high - low);
  const label = say("siting.curve_about", { count: points.at(-1).sites, share: percent(points.at(-1).within_share) });
  const svg = draw("svg", { class: "curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  for (const share of [low, (low + high) / 2, high]) {
    svg.append(draw("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share) }));
    svg.append(draw("text", { x: LEFT - 4, y: y(share) + 4, "text-anchor": "end" }, `${Math.round(share * 100)} %`));
  }
  svg.append(draw("polyline", { class: "line", points: points.map((one) => `${x(one.sites)},${y(one.within_share)}`).join(" ") }));
  const step = Math.ceil(points.length / 12);
  for (const one of points) {
    const radius = one.sites === chosen ? 6 : 3.5;
    const mark = draw("circle", { class: one.gap ? "bound" : "point", cx: x(one.sites), cy: y(one.within_share), r: radius });
    mark.append(draw("title", {}, `${one.sites}: ${percent(one.within_share)}`));
    svg.append(mark);
    if (one.sites % step === 0) svg.append(draw("text", { x: x(one.sites), y: HEIGHT - 8, "text-anchor": "middle" }, String(one.sites)));
  }
  return svg;
}

function row(one, before) {
  const better = before === undefined ? "–" : `+${count(one.households_within - before.households_within)}`;
  const proof = one.gap === 0 ? say("siting.best") : say("siting.at_most", { count: count(one.bound) });
  return make("tr", {}, make("th", { scope: "row" }, count(one.sites)), make("td", {}, count(one.households_within)), make("td", {}, percent(one.within_share)), make("td", {}, better), make("td", {}, proof));
}

/** Show the curve in `place`; `chosen` is the number of stations of the answer. */
export function showCurve(place, points, chosen) {
  const heads = ["stations", "within", "share", "more", "proof"].map((name) => make("th", { scope: "col" }, say(`siting.col_${name}`)));
  const rows = points.map((one, index) => row(one, points[index - 1]));
  place.replaceChildren(
    drawing(points, chosen),
    make("p.quiet.small", {}, say("siting.curve_means")),
    make("details", {}, make("summary", {}, say("siting.curve_table")), make("table.siting-table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows))),
  );
}
