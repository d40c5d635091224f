/** What a row says in a layer: its class between fixed bounds or as tested, and the figure written on its cell. */

import { count, decimal, say } from "./page_data.js";

export const TESTED = ["unusual", "change"];
export const FOUND = ["hot", "not_distinguishable", "cold", "not_enough"];
export const SIGNS = { hot: "▲", cold: "▼" };

/** Tell the class (0 to 4) of a value. */
export function classOf(value, bounds) {
  const at = bounds.findIndex((bound) => value < bound);
  return at < 0 ? bounds.length : at;
}

/** Tell the class of a row: 0 to 4, what a test found, or "not_enough". */
export function kindOf(row, layer, bounds) {
  if (TESTED.includes(layer)) return row.found;
  const value = layer === "counts" ? row.issues : row.shrunk_per_100;
  return value === null ? "not_enough" : String(classOf(value, bounds));
}

/** Name what a test found: a place is hot or cold, a change goes up or down. */
export function foundWord(kind, layer) {
  const isChange = layer === "change" && kind in SIGNS;
  return say(isChange ? `officials.changed_${kind}` : `officials.found_${kind}`);
}

/** Write the ratio of a tested row: "2.3×". */
export function ratioOf(row) {
  return `${decimal(row.ratio, row.ratio < 10 ? 1 : 0)}×`;
}

/** Write the figure that stands on a cell; empty where there is nothing to say. */
export function figureOf(row, layer) {
  if (TESTED.includes(layer)) return row.found in SIGNS ? `${SIGNS[row.found]} ${ratioOf(row)}` : "";
  if (layer === "counts") return row.issues ? count(row.issues) : "";
  return row.shrunk_per_100 === null ? "" : decimal(row.shrunk_per_100);
}

/** As many digits as it takes to write every bound as it is. */
function digitsOf(bounds) {
  return Math.max(...bounds.map((bound) => (String(bound).split(".")[1] || "").length));
}

/** Write the span of each class, as the legend shows it. */
export function spansOf(bounds, layer) {
  const write = (number) => (layer === "counts" ? count(number) : decimal(number, digitsOf(bounds)));
  return [
    `< ${write(bounds[0])}`,
    ...bounds.slice(1).map((bound, number) => `${write(bounds[number])}–${write(bound)}`),
    `≥ ${write(bounds.at(-1))}`,
  ];
}
