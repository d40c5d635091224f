/** Borders between two micro-grids, the order in which atoms go over one, and straight cuts: reckoned, not drawn. */

import { UNASSIGNED } from "./editor_model.js";

const SAME_PLACE_M = 0.1;

/**
 * List the neighbours of a micro-grid, the longest border first.
 *
 * @returns {{code: string|null, metres: number}[]} null stands for what is unassigned
 */
export function bordersOf(grid, code) {
  const own = grid.numberOf(code);
  const lengths = new Map();
  for (const row of grid.membersOf(own)) {
    for (let edge = grid.first[row]; edge < grid.first[row + 1]; edge += 1) {
      const label = grid.labels[grid.near[edge]];
      if (label !== own) lengths.set(label, (lengths.get(label) ?? 0) + grid.metres[edge]);
    }
  }
  return [...lengths]
    .sort((one, other) => other[1] - one[1])
    .map(([label, metres]) => ({ code: label === UNASSIGNED ? null : grid.codes[label], metres }));
}

/** How a group of atoms touches what has been taken: metres shared, and whether only over a barrier. */
function touchOf(grid, rows, taken) {
  let metres = 0;
  let [isNear, isFree] = [false, false];
  for (const row of rows) {
    for (let edge = grid.first[row]; edge < grid.first[row + 1]; edge += 1) {
      if (!taken.has(grid.near[edge])) continue;
      isNear = true;
      isFree ||= !grid.crosses[edge];
      metres += grid.metres[edge];
    }
  }
  return { isNear, isFree, metres };
}

function without(rows, gone) {
  const left = new Set(rows);
  for (const row of gone) left.delete(row);
  return [...left];
}

/**
 * Put what one micro-grid could give to its neighbour into the order in which it should go over: what lies at the
 * border first, without breaking the giver apart, not over a barrier, along the longest border.
 *
 * @param {{isWhole: boolean, mayTake: function(number): boolean}} options `isWhole`: buildings stay whole
 * @returns {number[][]} rows, one list a step
 */
export function orderOver(grid, from, to, { isWhole, mayTake }) {
  let left = [...grid.membersOf(grid.numberOf(from))];
  const taken = new Set(grid.membersOf(grid.numberOf(to)));
  const groups = new Map();
  for (const row of left.filter(mayTake)) {
    const name = isWhole ? `b${grid.atoms[row].building_id}` : row;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const order = [];
  while (groups.size) {
    const now = grid.countParts(left, { overBarriers: true }).length;
    const ranked = [...groups]
      .map(([name, rows]) => ({ name, rows, ...touchOf(grid, rows, taken) }))
      .filter((one) => one.isNear)
      .map((one) => ({
        ...one,
        breaks: Number(grid.countParts(without(left, one.rows), { overBarriers: true }).length > now),
      }))
      .sort((one, other) => one.breaks - other.breaks || other.isFree - one.isFree || other.metres - one.metres);
    if (!ranked.length) break;
    const [{ name, rows }] = ranked;
    order.push(rows);
    groups.delete(name);
    left = without(left, rows);
    for (const row of rows) taken.add(row);
  }
  return order;
}

/** The way along which atoms spread most, as an angle. */
export function longWay(grid, rows) {
  const middle = [0, 1].map((axis) => rows.reduce((sum, row) => sum + grid.points[row * 2 + axis], 0) / rows.length);
  let [xx, xy, yy] = [0, 0, 0];
  for (const row of rows) {
    const [x, y] = [grid.points[row * 2] - middle[0], grid.points[row * 2 + 1] - middle[1]];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return Math.atan2(2 * xy, xx - yy) / 2;
}

/**
 * List the straight cuts through atoms across a way: every place where a line may pass between two of them.
 *
 * @param {number} angle of the way; the lines stand square to it
 * @returns {{line: number[][], sides: number[][]}[]} two ends of the line on the map, rows before and behind it
 */
export function cutsAcross(grid, rows, angle) {
  const way = [Math.cos(angle), Math.sin(angle)];
  const along = (row) => grid.points[row * 2] * way[0] + grid.points[row * 2 + 1] * way[1];
  const aside = (row) => grid.points[row * 2 + 1] * way[0] - grid.points[row * 2] * way[1];
  const ordered = [...rows].sort((one, other) => along(one) - along(other));
  const reach = rows.map(aside);
  const over = 30;
  const [low, high] = [Math.min(...reach) - over, Math.max(...reach) + over];
  const cuts = [];
  for (let at = 1; at < ordered.length; at += 1) {
    const [before, behind] = [along(ordered[at - 1]), along(ordered[at])];
    if (behind - before < SAME_PLACE_M) continue; // floors above each other stand on one point
    const place = (before + behind) / 2;
    const end = (side) => [place * way[0] - side * way[1], place * way[1] + side * way[0]];
    cuts.push({ line: [end(low), end(high)], sides: [ordered.slice(0, at), ordered.slice(at)] });
  }
  return cuts;
}
