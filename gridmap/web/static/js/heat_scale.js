/** Five classes between four fixed bounds: what a colour means does not move with the map. */

import { HEAT, hatch } from "./palette.js";
import { decimal, count } from "./page_data.js";

/** Tell the class (0 to 4) of a value. */
export function classOf(value, bounds) {
  const at = bounds.findIndex((bound) => value < bound);
  return at < 0 ? bounds.length : at;
}

/** As many digits as it takes to write every bound as it is. */
function digitsOf(bounds) {
  return Math.max(...bounds.map((bound) => (String(bound).split(".")[1] || "").length));
}

/** Write the span of each class, as the legend shows it. */
export function spansOf(bounds, measure) {
  const write = (number) => (measure === "issues" ? count(number) : decimal(number, digitsOf(bounds)));
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
