/** Floors and entrances of a building, reckoned: shares, painted cells as bands, where to break. */

/** Share households over floors as the server does: whole numbers, spread evenly. */
export function perFloor(total, storeys) {
  return Array.from(
    { length: storeys },
    (_, at) => Math.floor(((at + 1) * total) / storeys) - Math.floor((at * total) / storeys),
  );
}

/** Group painted cells, `[entrance, floor]` each, by entrance. */
export function floorsByEntrance(cells) {
  const floors = new Map();
  for (const [entrance, floor] of cells) floors.set(entrance, (floors.get(entrance) ?? new Set()).add(floor));
  return floors;
}

/**
 * Say how an entrance must be broken so that its painted floors are atoms of their own.
 *
 * @param {object} building as the API gives it
 * @param {object[]} atoms the building's atoms
 * @param {Map<number, Set<number>>} painted floors by entrance
 * @returns {number[]|null} first floors of new bands; none breaks entrance from entrance; null: no need
 */
export function cutsFor(building, atoms, painted, entrance) {
  const own = painted.get(entrance);
  const { storeys } = building.entrances.find((one) => one.number === entrance);
  const isBand = (floor) => atoms.some((atom) => atom.entrance === entrance && atom.floor_from === floor);
  const cuts = [];
  for (let floor = 2; floor <= storeys; floor += 1) {
    if (own.has(floor) !== own.has(floor - 1) && !isBand(floor)) cuts.push(floor);
  }
  if (cuts.length) return cuts;
  const isWhole = atoms.length === 1 && !atoms[0].entrance;
  const isAll = building.entrances.every((one) => painted.get(one.number)?.size === one.storeys);
  return isWhole && !isAll ? [] : null;
}

/** Tell whether an atom lies in painted floors; it must have been broken there. */
export function isPainted(atom, painted) {
  return !atom.entrance || Boolean(painted.get(atom.entrance)?.has(atom.floor_from || 1));
}
