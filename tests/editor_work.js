/**
 * Mixed operations on the open grids, by the page's own model and queue; evaluated in the editor page.
 *
 * Every operation goes the way a gesture's does: the board says where atoms are seen, the queue numbers and sends.
 * Some are sent in bursts, so that what the page expects is behind what others did meanwhile.
 *
 * @param {object} asked
 * @param {number} asked.seed of the choices; the answers of the server decide what is there to choose from
 * @param {number} asked.count operations to send
 * @param {string[]} asked.contested keys of atoms that others move too
 * @param {number} asked.burst operations sent before the first of them is waited for
 * @param {string[]} asked.grids codes of grids to work on
 * @param {object} asked.often how often kinds of operations are asked for, where not as usual
 * @param {object} asked.follow kind that is asked for next, on the same grid, by the kind before it
 * @returns {Promise<object[]>} of each operation `{kind, op_id, id, refused, status, ms}`; id null where
 *   it was refused, ms from sending to the last byte of the answer
 */
async ({ seed, count, contested, burst, grids, often, follow }) => {
  const script = document.querySelector("script[src*='editor.js']").src;
  const { actions, board, queue } = await import(script);
  let state = seed;
  const random = () => {
    // Park and Miller's generator: the same choices in every browser
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const any = (list) => list[Math.floor(random() * list.length)];
  const done = [];
  performance.setResourceTimingBufferSize(20_000);

  // What the queue is answered, by the id it gave the operation.
  const { answered, refused } = queue;
  const heard = new Map();
  queue.answered = async (answer, item) => {
    heard.set(item.body.op_id, { answer, status: 201 });
    await answered.call(queue, answer, item);
  };
  queue.refused = async (problem, item) => {
    heard.set(item.body.op_id, { answer: null, status: problem.status, said: problem.message });
    await refused.call(queue, problem, item);
  };

  const homes = (grid) => grid.atoms.filter((atom) => atom.households > 0);
  const codes = (grid) => [...grid.micro.keys()];
  const pair = (grid) => {
    const edge = Math.floor(random() * grid.near.length);
    let row = 0;
    while (grid.first[row + 1] <= edge) row += 1;
    return [row, grid.near[edge]];
  };
  const bySide = (grid) => {
    for (let turn = 0; turn < 60; turn += 1) {
      const [one, other] = pair(grid);
      const [from, to] = [grid.codeAt(one), grid.codeAt(other)];
      if (from !== null && to !== null && from !== to) return [one, other, from, to];
    }
    return null;
  };
  const place = (atom) => [atom.lon, atom.lat];
  const keyed = (grid, kind, args, keys, to) => actions.send(grid, kind, args, { keys, to });

  const kinds = {
    move(grid) {
      const found = bySide(grid);
      return found && keyed(grid, "move", { atoms: [grid.atoms[found[0]].key], to: found[3] }, [grid.atoms[found[0]].key], found[3]);
    },
    contest(grid) {
      const keys = contested.filter((key) => grid.rowOf.has(key));
      if (!keys.length) return null;
      const chosen = [...new Set([any(keys), any(keys)])];
      const to = any(codes(grid));
      const atoms = chosen.filter((key) => grid.codeOf(key) !== to);
      return atoms.length ? keyed(grid, "move", { atoms, to }, atoms, to) : null;
    },
    out(grid) {
      const { key } = any(homes(grid));
      return keyed(grid, "move", { atoms: [key], to: null }, [key], null);
    },
    new(grid) {
      const found = bySide(grid);
      const keys = found && [grid.atoms[found[0]].key];
      return found && keyed(grid, "new", { atoms: keys }, keys);
    },
    merge(grid) {
      const found = bySide(grid);
      const own = found && grid.atoms.filter((atom, row) => found.slice(2).includes(grid.codeAt(row)));
      const keys = own?.map((atom) => atom.key);
      return found && keyed(grid, "merge", { codes: [found[2], found[3]] }, keys);
    },
    cut(grid) {
      const code = any(codes(grid));
      const own = [...grid.membersOf(grid.numberOf(code))].map((row) => grid.atoms[row]);
      if (own.length < 2) return null;
      const [one, other] = [any(own), any(own)];
      const [x, y] = [(one.lon + other.lon) / 2, (one.lat + other.lat) / 2];
      const away = [other.lon - one.lon, other.lat - one.lat];
      if (!away[0] && !away[1]) return null;
      const line = [[x - away[1], y + away[0]], [x + away[1], y - away[0]]];
      return keyed(grid, "cut", { codes: [code], line }, []);
    },
    push(grid) {
      const found = bySide(grid);
      if (!found) return null;
      const [one, other] = [grid.atoms[found[0]], grid.atoms[found[1]]];
      const keys = grid.rowsOfBuilding.get(other.building_id).map((row) => grid.atoms[row].key);
      const args = { code: found[2], shape: [place(one), place(other)], is_area: false };
      return keyed(grid, "push", args, keys, found[2]);
    },
    break(grid) {
      const building = any([...grid.buildings.values()].filter((one) => one.households > 0));
      const entrance = random() < 0.4 ? any(building.entrances).number : null;
      return actions.breakBuilding(grid, building.id, entrance);
    },
    heal(grid) {
      const broken = [...grid.rowsOfBuilding].filter(([, rows]) => rows.length > 1);
      return broken.length ? actions.heal(grid, any(broken)[0]) : null;
    },
    swap(grid) {
      const found = bySide(grid);
      if (!found) return null;
      const [atoms, others] = [[grid.atoms[found[0]].key], [grid.atoms[found[1]].key]];
      return keyed(grid, "swap", { atoms, others }, [...atoms, ...others]);
    },
    fill: (grid) => (grid.membersOf(-1).size ? actions.send(grid, "fill", {}) : null),
    rebalance(grid) {
      const found = bySide(grid);
      return found && keyed(grid, "rebalance", { codes: [found[2], found[3]] }, []);
    },
    lock: (grid) => actions.send(grid, "lock", { codes: [any(codes(grid))] }),
    unlock(grid) {
      const locked = codes(grid).filter((code) => grid.micro.get(code).locked);
      return locked.length ? actions.send(grid, "unlock", { codes: locked }) : null;
    },
    lock_buildings: (grid) => actions.send(grid, "lock_buildings", { buildings: [any([...grid.buildings.keys()])] }),
    unlock_buildings(grid) {
      const buildings = [...grid.lockedBuildings];
      return buildings.length ? actions.send(grid, "unlock_buildings", { buildings }) : null;
    },
    remedy(grid) {
      const off = codes(grid).filter((code) => grid.micro.get(code).findings.includes("outside_band"));
      return off.length ? actions.remedy(any(off), 1) : null;
    },
    undo: () => actions.undo(),
    redo: () => actions.redo(),
  };
  // How often each is asked for; locks are taken off twice as often as put on, or all would end locked.
  const usual = { move: 6, contest: 8, push: 3, swap: 3, out: 1, fill: 2, new: 1, merge: 1, cut: 1, break: 2, heal: 2, rebalance: 1, lock: 1, unlock: 3, undo: 3, redo: 2 };
  const bag = Object.entries({ ...usual, ...often }).flatMap(([kind, times]) => Array(times).fill(kind));
  let rest = [];
  // Drawn without putting back, so that a short run meets each kind as well.
  const draw = () => {
    if (!rest.length) rest = [...bag];
    return rest.splice(Math.floor(random() * rest.length), 1)[0];
  };

  let sent = [];
  const due = [];
  const settle = async () => {
    for (const one of sent) {
      await one.promise;
      const { answer, status, said } = heard.get(one.op_id);
      done.push({
        kind: one.kind,
        op_id: one.op_id,
        id: answer?.operation.id ?? null,
        refused: answer?.refused ?? [],
        status,
        said,
      });
    }
    sent = [];
  };
  for (let total = 0; total < count; ) {
    const [kind, grid] = due.pop() ?? [draw(), board.grids.get(any(grids))];
    if (kind === "contest" && !contested.length) continue;
    const before = new Set(queue.promises.keys());
    const promise = kinds[kind](grid);
    if (!promise) continue;
    const op_id = [...queue.promises.keys()].find((id) => !before.has(id));
    sent.push({ kind, op_id, promise });
    total += 1;
    if (follow[kind]) due.push([follow[kind], grid]);
    if (sent.length >= burst) await settle();
  }
  await settle();
  Object.assign(queue, { answered, refused });
  const trips = performance.getEntriesByType("resource").filter((one) => /\/(operations|undo|redo)$/.test(one.name));
  const inOrder = [...heard.keys()];
  const last = trips.slice(-inOrder.length);
  for (const one of done) one.ms = last[inOrder.indexOf(one.op_id)].duration;
  return done;
}
