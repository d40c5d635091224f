/** What can become of an atom from one plan to another: classes with a sign, a colour and a place in the legend. */

import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { say } from "./page_data.js";

/** Okabe and Ito's colours, safe for the colour-blind; the sign says the same without them. */
export const CLASSES = {
  moved: { sign: "→", colour: "#0072b2", ink: "#fff" },
  to_created: { sign: "+", colour: "#009e73", ink: "#000" },
  from_retired: { sign: "−", colour: "#e69f00", ink: "#000" },
  assigned: { sign: "✓", colour: "#56b4e9", ink: "#000" },
  unassigned: { sign: "?", colour: "#d55e00", ink: "#000" },
  new: { sign: "◆", colour: "#cc79a7", ink: "#000" },
  gone: { sign: "×", colour: "#52606d", ink: "#fff" },
};

/** Signs of what becomes of a micro-grid. */
export const SIGNS = { created: "+", retired: "−", changed: "→" };

/**
 * Make the rule that gives each row of a comparison its class.
 *
 * @param {object[]} cells the micro-grids created, retired or changed
 */
export function classifier(cells) {
  const changes = new Map(cells.map((cell) => [cell.code, cell.change]));
  return (row) => {
    if (row.change !== "moved") return row.change;
    if (row.before === null) return "assigned";
    if (row.after === null) return "unassigned";
    if (changes.get(row.after) === "created") return "to_created";
    return changes.get(row.before) === "retired" ? "from_retired" : "moved";
  };
}

/** Make the sign of a class on its colour. */
export function swatchOf(name, attributes = { "aria-hidden": "true" }) {
  const { sign, colour, ink } = CLASSES[name];
  const swatch = make("span.swatch", attributes, sign);
  Object.assign(swatch.style, { backgroundColor: colour, color: ink });
  return swatch;
}

/** Name a building and the part of it that a row means. */
export function placeName(row) {
  const parts = [row.building || say("compare.building_number", { number: row.building_id })];
  if (row.entrance) parts.push(say("compare.entrance", { number: row.entrance }));
  if (row.floor_from) parts.push(say("compare.floors", { low: row.floor_from, high: row.floor_to }));
  return parts.join(" ");
}

/** Name a micro-grid by its short code; null is "unassigned". */
export function codeName(code) {
  return code === null ? say("compare.nobody") : shortCode(code);
}
