/** Issues of each step of time as bars, with a title on each for pointer and screen reader. */

import { make } from "./elements.js";
import { count, day, say } from "./page_data.js";

const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const HEIGHT = 72;

function shape(name, attributes, ...children) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function bar(one, number, slot, most) {
  const height = most ? Math.max(one.issues ? 2 : 0, (one.issues / most) * (HEIGHT - 4)) : 0;
  const title = shape("title", {});
  title.textContent = `${day(one.starts_at)}: ${say("pages.issues", { count: count(one.issues) })}`;
  return shape(
    "rect",
    {
      x: number * slot + slot * 0.1,
      y: HEIGHT - height,
      width: slot * 0.8,
      height,
      "data-issues": one.issues,
    },
    title,
  );
}

/**
 * Draw bars into `target`, and their axis into the line below it.
 *
 * @param {HTMLElement} target
 * @param {{starts_at: string, issues: number}[]} parts steps of time, in order
 */
export function drawHistogram(target, parts) {
  const most = Math.max(0, ...parts.map((one) => one.issues));
  const slot = WIDTH / Math.max(parts.length, 1);
  const drawing = shape("svg", {
    class: "histogram",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": say("officials.histogram_most", { count: count(most) }),
  });
  drawing.append(shape("line", { x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }));
  drawing.append(...parts.map((one, number) => bar(one, number, slot, most)));
  const ends = parts.length ? [day(parts[0].starts_at), day(parts.at(-1).starts_at)] : [];
  const peak = say("officials.histogram_top", { count: count(most) });
  const texts = [ends[0], peak, ends[1]].map((text) => make("span", {}, text || ""));
  document.getElementById("axis").replaceChildren(...texts);
  target.replaceChildren(drawing);
}
