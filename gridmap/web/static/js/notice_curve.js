/** The curve of a notice: share of households reached since sending, with the marks of two and three hours. */

import { percent, say } from "./page_data.js";

const SPACE = "http://www.w3.org/2000/svg";
const LEAST_WIDTH = 280;
const HEIGHT = 220;
const LEFT = 44;
const BOTTOM = 26;
const TOP = 10;
const RIGHT = 24;
const HOUR = 60;
const SHORTEST_HOURS = 4;
const LONGEST_HOURS = 24;
const MARKED_HOURS = [2, 3];

function draw(name, attributes, text) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Give the hours of the axis: four at least, then as long as something was reached, a day at most. */
function hoursOf(answer, minutesPassed) {
  const last = answer.curve.at(-1)?.minutes ?? 0;
  const asLong = answer.notice.closed_at ? last : Math.min(minutesPassed, last + 2 * HOUR);
  return Math.min(LONGEST_HOURS, Math.max(SHORTEST_HOURS, Math.ceil(asLong / HOUR)));
}

/** Draw the curve of an answer into a figure. */
export function drawCurve(figure, answer) {
  const minutesPassed = (new Date(answer.as_of) - new Date(answer.notice.sent_at)) / 60_000;
  const width = Math.max(LEAST_WIDTH, figure.clientWidth); // so that the type keeps its size
  const hours = hoursOf(answer, minutesPassed);
  const x = (minutes) => LEFT + (Math.min(minutes, hours * HOUR) / (hours * HOUR)) * (width - LEFT - RIGHT);
  const y = (share) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  const shareOf = (homes) => homes / answer.notice.households;
  const now = shareOf(answer.notice.households_reached);
  const drawing = draw("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": say("notices.curve", { share: percent(now) }) });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    drawing.append(draw("line", { class: "line", x1: LEFT, x2: width - RIGHT, y1: y(share), y2: y(share) }));
    drawing.append(draw("text", { class: "left", x: LEFT - 6, y: y(share) + 4 }, `${share * 100}\u00a0%`));
  }
  const step = Math.ceil((hours * 48) / width);
  for (let hour = 0; hour <= hours; hour += step) {
    const isMark = MARKED_HOURS.includes(hour);
    const at = { x1: x(hour * HOUR), x2: x(hour * HOUR), y1: TOP, y2: HEIGHT - BOTTOM };
    if (isMark) drawing.append(draw("line", { class: "mark-line", ...at }));
    const name = { class: isMark ? "below strong" : "below", x: x(hour * HOUR), y: HEIGHT - 8 };
    drawing.append(draw("text", name, say("notices.axis_hours", { count: hour })));
  }
  const points = [[0, 0]];
  for (const { minutes, households } of answer.curve) {
    if (minutes > hours * HOUR) break;
    points.push([minutes, points.at(-1)[1]], [minutes, shareOf(households)]);
  }
  points.push([Math.min(minutesPassed, hours * HOUR), points.at(-1)[1]]);
  const along = points.map(([minutes, share]) => `${x(minutes).toFixed(1)} ${y(share).toFixed(1)}`).join("L");
  const end = x(points.at(-1)[0]).toFixed(1);
  drawing.append(draw("path", { class: "ground", d: `M${along}L${end} ${y(0)}L${x(0)} ${y(0)}Z` }));
  drawing.append(draw("path", { class: "course", d: `M${along}` }));
  drawing.append(draw("circle", { class: "now", cx: end, cy: y(points.at(-1)[1]).toFixed(1), r: 4 }));
  figure.replaceChildren(drawing);
}
