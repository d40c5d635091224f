/** What the editor says of atoms, micro-grids and changes. */

import { MARKS } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { count, households as homes, moment, page, say } from "./page_data.js";

const BETWEEN = page.language === "zh" ? ["、", "；"] : [", ", "; "];

/** Join words of a list. */
export function listed(words) {
  return words.join(BETWEEN[0]);
}

/** Join statements. */
export function stated(parts) {
  return parts.join(BETWEEN[1]);
}

/** Name a micro-grid by its short code; null is "none". */
export function codeName(code) {
  return code === null ? say("editor.unassigned") : shortCode(code);
}

/** Name an atom by building, entrance and floors. */
export function atomName(grid, atom) {
  const building = grid.buildings.get(atom.building_id);
  const parts = [building.name || say("editor.building_number", { number: building.id })];
  if (atom.entrance) parts.push(say("editor.entrance", { number: atom.entrance }));
  if (atom.floor_from) parts.push(say("editor.floors", { low: atom.floor_from, high: atom.floor_to }));
  return parts.join(" ");
}

/** Name an atom by its key, also one that is gone meanwhile. */
export function keyName(grid, key) {
  const row = grid.rowOf.get(key);
  if (row !== undefined) return atomName(grid, grid.atoms[row]);
  const [, building, , entrance] = key.match(/^b(\d+)(\/e(\d+))?/) ?? [];
  const known = grid.buildings.get(Number(building));
  return [known?.name ?? key, entrance ? say("editor.entrance", { number: entrance }) : ""].join(" ").trim();
}

/** Give the status of a number of households. */
export function statusOf(households, rules) {
  if (households < rules.households_min) return "under";
  return households > rules.households_max ? "over" : "in_band";
}

/** Write a change with its sign: `+8`, `−24`, `±0`. */
export function signed(number) {
  if (number === 0) return "±0";
  return number > 0 ? `+${count(number)}` : `−${count(-number)}`;
}

/** Write households in the few letters a label has room for. */
export function shortSum(number, estimated) {
  return say("pages.households_short", { count: count(number) }) + (estimated ? "*" : "");
}

/** Write households for the ear: no short forms, no signs. */
export function spokenSum(number, estimated) {
  return homes(number) + (estimated ? ` ${say("editor.estimated")}` : "");
}

/** Say what happens to one micro-grid: `001-03 72户 (+8) ✓ 正常`, and what would be torn or crossed. */
export function effectText(effect, rules) {
  const { before, after } = effect;
  const name = effect.isNew ? say("editor.new_micro_grid") : codeName(effect.code);
  const sum = shortSum(after.households, after.estimated);
  const status = after.pieces === 0 ? null : statusOf(after.households, rules);
  const word = status ? `${MARKS[status]} ${say(`editor.${status}`)}` : say("editor.empty");
  const parts = [`${name} ${sum} (${signed(after.households - before.households)}) ${word}`];
  if (after.pieces > 1) parts.push(`${MARKS.finding} ${say("editor.in_pieces", { count: after.pieces })}`);
  if (after.crossings > 0) parts.push(say("editor.crosses", { count: after.crossings }));
  return { status: status ?? "under", isTorn: after.pieces > Math.max(1, before.pieces), parts };
}

/**
 * List the posts whose hand-off list a change alters, as comparing and publishing count them: who answers for a part on
 * one side only, and who is posted to a micro-grid that is emptied. Who answers for both sides of all that moves hands
 * nothing over.
 */
function staffAffected(grid, moves, effects) {
  const postsOf = (code) => grid.micro.get(code)?.staff ?? [];
  const affected = new Set();
  for (const [row, to] of moves) {
    const from = grid.codes[grid.labels[row]];
    if (from === to) continue;
    const [before, after] = [postsOf(from), postsOf(to)];
    for (const one of before) if (!after.includes(one)) affected.add(one);
    for (const one of after) if (!before.includes(one)) affected.add(one);
  }
  for (const { code, before, after } of effects) {
    if (before.pieces && !after.pieces) for (const one of postsOf(code)) affected.add(one);
  }
  return affected.size;
}

/** Sum up a change for the bar: how much moves, whom it concerns, what it breaks. */
export function summaryText(grid, moves, effects) {
  const rows = moves.map(([row]) => row);
  const households = rows.reduce((sum, row) => sum + grid.households[row], 0);
  const estimated = rows.some((row) => grid.estimated[row] && grid.households[row]);
  const crossings = effects.reduce((sum, one) => sum + one.after.crossings - one.before.crossings, 0);
  const parts = [say("editor.sum_moved", { count: count(rows.length), households: shortSum(households, estimated) })];
  parts.push(say("editor.sum_staff", { count: count(staffAffected(grid, moves, effects)) }));
  if (crossings) parts.push(say("editor.sum_crossings", { change: signed(crossings) }));
  const torn = effects.filter((one) => one.after.pieces > Math.max(1, one.before.pieces));
  if (torn.length) parts.push(`${MARKS.finding} ${say("editor.sum_torn", { count: torn.length })}`);
  return parts.join(" · ");
}

/** Say of a report what became of the micro-grids concerned; `sum` writes households for the eye or for the ear. */
export function reportText(report, rules, sum = shortSum) {
  const rows = report.micro_grids.map((one) => {
    const status = one.pieces_after ? statusOf(one.households_after, rules) : null;
    const now = one.pieces_after ? `${sum(one.households_after)} ${MARKS[status]} ${say(`editor.${status}`)}` : say("editor.empty");
    const torn =
      one.pieces_after > 1 ? ` ${MARKS.finding} ${say("editor.in_pieces", { count: one.pieces_after })}` : "";
    return `${codeName(one.code)} ${sum(one.households_before)} → ${now}${torn}`;
  });
  return stated(rows);
}

/** Say which atoms stay where they are, because of whom, and when. */
export function refusedText(grid, refused) {
  const told = (key, some) => {
    if (!some.length) return null;
    const rows = some.map((one) =>
      say(`${key}_one`, {
        atom: keyName(grid, one.atom),
        now: codeName(one.now),
        by: one.by ?? say("editor.somebody"),
        at: one.at ? moment(one.at) : "–",
      }),
    );
    return `${say(key, { count: count(some.length) })} ${stated(rows)}`;
  };
  const isMoved = (one) => !one.locked;
  return [
    told("editor.refused", refused.filter(isMoved)),
    told("editor.kept", refused.filter((one) => one.locked)),
  ]
    .filter(Boolean)
    .join(" ");
}
