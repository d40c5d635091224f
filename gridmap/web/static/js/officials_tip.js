/** What a cell holds, in a few lines: its figures with their intervals, and what a test found. */

import { shortCode } from "./grid_style.js";
import { SIGNS, TESTED, foundWord, ratioOf } from "./heat_scale.js";
import { make } from "./elements.js";
import { count, decimal, households, say } from "./page_data.js";

const HEXAGON = /^H[\d.]+-(?:-?\d+)-(?:-?\d+)-(-?\d+)-(-?\d+)$/; // side, degrees, column, row

/** Name a cell in a sentence: a micro-grid by its short code, a hexagon by column and row, an area by its name. */
export function shortNameOf(row, level) {
  if (level === "micro_grid") return shortCode(row.code);
  const hexagon = HEXAGON.exec(row.code);
  return hexagon ? say("officials.hexagon", { column: hexagon[1], row: hexagon[2] }) : row.label;
}

/** Name a cell; a micro-grid with what it holds. */
export function nameOf(row, level) {
  const name = shortNameOf(row, level);
  return level === "micro_grid" && row.label !== row.code ? `${name} ${row.label}` : name;
}

function rateLines(row) {
  if (row.shrunk_per_100 === null) return [say("officials.few_households")];
  const values = {
    rate: decimal(row.shrunk_per_100),
    low: decimal(row.low_per_100),
    high: decimal(row.high_per_100),
    raw: decimal(row.rate_per_100),
  };
  return [say("officials.tip_rate", values), say("officials.tip_raw", values)];
}

function testLines(row, layer) {
  const sign = SIGNS[row.found] ? `${SIGNS[row.found]} ` : "";
  const lines = [sign + foundWord(row.found, layer)];
  if (row.expected === null) return lines;
  const values = { observed: count(row.observed), expected: decimal(row.expected) };
  lines.push(say("officials.tip_window", values));
  if (row.ratio !== null && row.found !== "not_enough") {
    const [low, high] = [decimal(row.ratio_low), decimal(row.ratio_high)];
    lines.push(say("officials.tip_ratio", { ratio: ratioOf(row), low, high }));
  }
  return lines;
}

/** Tell in lines of text what a layer says of a row. */
export function linesOf(row, layer) {
  if (TESTED.includes(layer)) return testLines(row, layer);
  return layer === "per_100" ? rateLines(row) : [];
}

/** Fill the tip of a cell. */
export function tellCell(place, row, { layer, level }) {
  const by_point = row.by_point ? [say("officials.tip_by_point", { count: count(row.by_point) })] : [];
  place.replaceChildren(
    make("b", {}, nameOf(row, level)),
    ...linesOf(row, layer).map((line) => make("span", {}, line)),
    make("span", {}, say("pages.issues", { count: count(row.issues) })),
    ...[...by_point, households(row.households, row.estimated)].map((line) => make("span.quiet", {}, line)),
  );
}
