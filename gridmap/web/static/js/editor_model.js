/** One grid in typed arrays: what an atom is, where it lies, what a change would mean. */

import { toMap } from "./editor_places.js";

export const UNASSIGNED = -1;
const NEW = -2;

/** A grid of the plan as the server described it, kept in step by its answers. */
export class Grid {
  /** @param {object} division as `GET /plans/{id}/divisions` gives it */
  constructor(division) {
    this.code = division.grid.code;
    this.name = division.grid.name;
    this.bounds = division.grid.bounds;
    this.geometry = division.grid.geometry;
    this.sequence = division.sequence;
    this.buildings = new Map(division.buildings.map((one) => [one.id, one]));
    this.lockedBuildings = new Set(division.buildings.filter((one) => one.locked).map((one) => one.id));
    this.broken = division.broken ?? [];
    this.codes = [];
    this.labelOf = new Map();
    this.micro = new Map();
    this.seenAt = new Map();
    for (const one of division.micro_grids) this.takeMicroGrid(one);
    this.takeAtoms(division.atoms, division.edges);
  }

  /** Give the number that stands for a code in `labels`; a new one is added. */
  numberOf(code) {
    if (code === null) return UNASSIGNED;
    if (!this.labelOf.has(code)) {
      this.labelOf.set(code, this.codes.length);
      this.codes.push(code);
    }
    return this.labelOf.get(code);
  }

  /** Give the code an atom lies in, null for none. */
  codeAt(row) {
    const label = this.labels[row];
    return label === UNASSIGNED ? null : this.codes[label];
  }

  takeMicroGrid(one) {
    this.numberOf(one.code);
    this.micro.set(one.code, one);
  }

  /** Give the code an atom lies in by its key. */
  codeOf(key) {
    return this.codeAt(this.rowOf.get(key));
  }

  /** Read all atoms and their neighbours; afterwards nothing of the old ones is left. */
  takeAtoms(atoms, edges) {
    const total = atoms.length;
    this.atoms = atoms;
    this.rowOf = new Map(atoms.map((atom, row) => [atom.key, row]));
    this.households = Int32Array.from(atoms, (atom) => atom.households);
    this.estimated = Uint8Array.from(atoms, (atom) => Number(atom.estimated));
    this.labels = Int32Array.from(atoms, (atom) => this.numberOf(atom.code));
    this.points = new Float64Array(total * 2);
    this.rowsOfBuilding = new Map();
    atoms.forEach((atom, row) => {
      this.points.set(toMap([atom.lon, atom.lat]), row * 2);
      if (!this.rowsOfBuilding.has(atom.building_id)) this.rowsOfBuilding.set(atom.building_id, []);
      this.rowsOfBuilding.get(atom.building_id).push(row);
    });
    this.members = new Map();
    for (let row = 0; row < total; row += 1) this.membersOf(this.labels[row]).add(row);
    this.takeEdges(edges, total);
    this.stamp = new Int32Array(total);
    this.part = new Int32Array(total);
    this.queue = new Int32Array(total);
    this.now = 0;
  }

  /** Neighbours in one flat list; those of atom i stand from `first[i]` to `first[i + 1]`. */
  takeEdges(edges, total) {
    this.first = new Int32Array(total + 1);
    for (const [one, other] of edges) {
      this.first[one + 1] += 1;
      this.first[other + 1] += 1;
    }
    for (let row = 0; row < total; row += 1) this.first[row + 1] += this.first[row];
    const at = this.first.slice();
    this.near = new Int32Array(edges.length * 2);
    this.crosses = new Uint8Array(edges.length * 2);
    this.metres = new Float32Array(edges.length * 2);
    for (const [one, other, metres, barrier] of edges) {
      for (const [from, to] of [
        [one, other],
        [other, one],
      ]) {
        this.near[at[from]] = to;
        this.crosses[at[from]] = Number(barrier !== null);
        this.metres[at[from]] = metres;
        at[from] += 1;
      }
    }
  }

  /** Tell whether an atom must stay: its micro-grid or its building is locked. */
  isLocked(row) {
    const code = this.codeAt(row);
    if (this.lockedBuildings.has(this.atoms[row].building_id)) return true;
    return code !== null && Boolean(this.micro.get(code)?.locked);
  }

  membersOf(label) {
    if (!this.members.has(label)) this.members.set(label, new Set());
    return this.members.get(label);
  }

  /** Put an atom into another micro-grid. */
  put(row, code) {
    const label = this.numberOf(code);
    if (label === this.labels[row]) return;
    this.membersOf(this.labels[row]).delete(row);
    this.labels[row] = label;
    this.membersOf(label).add(row);
  }

  /**
   * Count the parts into which atoms fall; `this.part` numbers them.
   *
   * @returns {number[]} households of each part
   */
  countParts(rows, { overBarriers }) {
    this.now += 1;
    const inside = this.now;
    for (const row of rows) this.stamp[row] = inside;
    this.now += 1;
    const seen = this.now;
    const sums = [];
    for (const start of rows) {
      if (this.stamp[start] === seen) continue;
      sums.push(this.walkPart(start, sums.length, { inside, seen, overBarriers }));
    }
    return sums;
  }

  walkPart(start, number, { inside, seen, overBarriers }) {
    let [head, tail, sum] = [0, 1, 0];
    this.queue[0] = start;
    this.stamp[start] = seen;
    while (head < tail) {
      const row = this.queue[head];
      head += 1;
      this.part[row] = number;
      sum += this.households[row];
      for (let edge = this.first[row]; edge < this.first[row + 1]; edge += 1) {
        const next = this.near[edge];
        if (this.stamp[next] !== inside || (!overBarriers && this.crosses[edge])) continue;
        this.stamp[next] = seen;
        this.queue[tail] = next;
        tail += 1;
      }
    }
    return sum;
  }

  /** Measure a set of atoms as one micro-grid: households, parts, barriers crossed, atoms torn off. */
  measure(rows) {
    let households = 0;
    let estimated = false;
    for (const row of rows) {
      households += this.households[row];
      estimated ||= this.estimated[row] === 1 && this.households[row] > 0;
    }
    const free = this.countParts(rows, { overBarriers: false }).length;
    const sums = this.countParts(rows, { overBarriers: true });
    const largest = sums.indexOf(Math.max(...sums));
    const torn = sums.length > 1 ? rows.filter((row) => this.part[row] !== largest) : [];
    return { households, estimated, pieces: sums.length, crossings: free - sums.length, torn };
  }

  /**
   * Work out what moving atoms would mean, for the micro-grids concerned alone.
   *
   * @param {[number, string|null|undefined][]} moves atom and where it goes: a code, null for none, undefined
   *   for a new micro-grid
   * @returns {object[]} `{code, isNew, before, after}` of each as `measure` gives it, targets first
   */
  foresee(moves) {
    const arriving = new Map();
    const leaving = new Map();
    const note = (map, label, row) => (map.has(label) ? map.get(label).push(row) : map.set(label, [row]));
    for (const [row, to] of moves) {
      const label = to === undefined ? NEW : this.numberOf(to);
      if (label === this.labels[row]) continue;
      note(arriving, label, row);
      note(leaving, this.labels[row], row);
    }
    const labels = new Set([...arriving.keys(), ...leaving.keys()]);
    labels.delete(UNASSIGNED);
    return [...labels].map((label) => {
      const there = label === NEW ? [] : [...this.membersOf(label)];
      const gone = new Set(leaving.get(label) ?? []);
      const after = [...there.filter((row) => !gone.has(row)), ...(arriving.get(label) ?? [])];
      const code = label === NEW ? null : this.codes[label];
      return { code, isNew: label === NEW, before: this.measure(there), after: this.measure(after) };
    });
  }

  /**
   * Take in what an operation changed, as it stood at `changed.sequence`; what is known newer stays.
   *
   * @returns {boolean} false where the answer names what is not known here: the grid must be read again
   */
  take(changed) {
    const isNews = (name) => (this.seenAt.get(name) ?? 0) <= changed.sequence;
    const see = (name) => this.seenAt.set(name, changed.sequence);
    if (changed.atoms && isNews("atoms")) {
      const newer = this.atoms.filter((atom) => !isNews(atom.key)).map((atom) => [atom.key, this.codeOf(atom.key)]);
      this.takeAtoms(changed.atoms, changed.edges);
      see("atoms");
      if (newer.some(([key]) => !this.rowOf.has(key))) return false;
      for (const [key, code] of newer) this.put(this.rowOf.get(key), code);
    }
    if (changed.moved.some(([key]) => !this.rowOf.has(key))) return false;
    for (const [key, code] of changed.moved.filter(([name]) => isNews(name))) {
      this.put(this.rowOf.get(key), code);
      see(key);
    }
    for (const one of changed.micro_grids.filter(({ code }) => isNews(code))) {
      this.takeMicroGrid(one);
      see(one.code);
    }
    for (const code of changed.retired.filter(isNews)) {
      this.micro.delete(code);
      see(code);
    }
    if (changed.locked_buildings && isNews("buildings")) {
      this.lockedBuildings = new Set(changed.locked_buildings);
      this.broken = changed.broken ?? this.broken;
      see("buildings");
    }
    this.sequence = Math.max(this.sequence, changed.sequence);
    return true;
  }
}
