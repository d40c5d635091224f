/** Five fixed classes for a measure: what a colour means does not move with the map or the filter. */

import { HEAT, hatch } from "./palette.js";
import { decimal, count } from "./page_data.js";

/** Upper bounds of the first four classes: issues per 100 households, or issues, in thirty days. */
const MONTHLY = {
  micro_grid: { rate: [1, 2, 4, 8], issues: [1, 2, 4, 8] },
  grid: { rate: [1, 2, 4, 8], issues: [5, 10, 20, 40] },
  community: { rate: [1, 2, 4, 8], issues: [25, 50, 100, 200] },
};
const NICE = [1, 2, 3, 4, 5, 6, 8];

/** Round to a number that is easily read: 1, 2, 3, 4, 5, 6, 8 times a power of ten. */
function readable(number) {
  const power = 10 ** Math.floor(Math.log10(number));
  const best = NICE.reduce((one, two) =>
    Math.abs(two - number / power) < Math.abs(one - number / power) ? two : one,
  );
  return best * power;
}

/**
 * Give the bounds of the classes for a period.
 *
 * @param {"rate"|"issues"} measure
 * @param {number} days length of the period
 * @returns {number[]} four rising bounds
 */
export function boundsOf(measure, level, days) {
  const bounds = [];
  for (const monthly of MONTHLY[level][measure]) {
    const wanted = readable((monthly * days) / 30);
    const whole = measure === "issues" ? Math.max(1, Math.round(wanted)) : wanted;
    bounds.push(bounds.length ? Math.max(whole, bounds.at(-1) + (measure === "issues" ? 1 : 0)) : whole);
  }
  return bounds;
}

/** Tell the class (0 to 4) of a value. */
export function classOf(value, bounds) {
  const at = bounds.findIndex((bound) => value < bound);
  return at < 0 ? bounds.length : at;
}

/** Write the span of each class, as the legend shows it. */
export function spansOf(bounds, measure) {
  const write = (number) => (measure === "issues" ? count(number) : decimal(number, number < 10 ? 1 : 0));
  return [
    `< ${write(bounds[0])}`,
    ...bounds.slice(1).map((bound, number) => `${write(bounds[number])}–${write(bound)}`),
    `≥ ${write(bounds.at(-1))}`,
  ];
}

/** Draw a class (or, for null, the hatch) into a canvas of the legend. */
export function paintClass(canvas, number) {
  canvas.width = 120;
  canvas.height = 28;
  const pen = canvas.getContext("2d");
  pen.fillStyle = number === null ? hatch() : HEAT[number];
  pen.fillRect(0, 0, canvas.width, canvas.height);
}
