/** Atoms as a list to be picked by click or key: those of a micro-grid, or those whose name was looked for. */

import { rove } from "./editor_keys.js";
import { atomName, codeName, shortSum } from "./editor_words.js";
import { icon, make } from "./elements.js";
import { count, say } from "./page_data.js";

const MOST = 60;

/** Builds lists of atoms. */
export class AtomLists {
  constructor({ board, actions, notices }) {
    Object.assign(this, { board, actions, notices });
  }

  /** List atoms of one grid. */
  list(grid, rows) {
    const ordered = rows.sort((one, other) =>
      grid.atoms[one].key.localeCompare(grid.atoms[other].key, "en", { numeric: true }),
    );
    return this.build(ordered.map((row) => ({ grid, row })));
  }

  /** List atoms whose building has `words` in its name, or whose micro-grid has them in its code. */
  find(words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    let total = 0;
    for (const grid of this.board.grids.values()) {
      for (let row = 0; row < grid.atoms.length; row += 1) {
        const text = `${atomName(grid, grid.atoms[row])} ${codeName(grid.codeAt(row))}`.toLowerCase();
        if (!wanted.every((word) => text.includes(word))) continue;
        total += 1;
        if (found.length < MOST) found.push({ grid, row });
      }
    }
    const said = total > MOST ? say("editor.atoms_more", { shown: count(MOST), total: count(total) }) : "";
    const head = total ? said || say("editor.atoms_found", { total: count(total) }) : say("editor.atoms_none");
    return make(
      "section",
      {},
      make("p.quiet.small", { role: "status" }, head),
      this.build(found, { isMixed: true }),
    );
  }

  build(items, { isMixed = false } = {}) {
    const list = make("ul.atoms", { "aria-label": say("editor.contents") });
    list.append(...items.map(({ grid, row }) => this.row(grid, row, isMixed)));
    rove(list, "li", "input, button")();
    return list;
  }

  row(grid, row, isMixed) {
    const atom = grid.atoms[row];
    const isLocked = grid.lockedBuildings.has(atom.building_id);
    const name = atomName(grid, atom);
    const box = make("input", {
      type: "checkbox",
      tabindex: -1,
      "data-atom": atom.key,
      onchange: (event) => this.pick(grid, row, event.target),
    });
    box.checked = this.board.selection.grid === grid && this.board.selection.rows.has(row);
    const sum = atom.households ? shortSum(atom.households, atom.estimated) : "–";
    const lockName = say(isLocked ? "editor.unlock_one" : "editor.lock_one", { code: name });
    const lock = make(
      "button.row-lock",
      {
        type: "button",
        tabindex: -1,
        "data-lock-building": atom.building_id,
        "aria-pressed": String(isLocked),
        "aria-label": lockName,
        title: lockName,
        onclick: () => this.actions.lockBuildings(grid, [atom.building_id], !isLocked),
      },
      icon(isLocked ? "lock" : "unlock"),
    );
    return make(
      "li",
      {},
      make(
        "label",
        {},
        box,
        make("span", {}, name, isMixed ? make("span.quiet.small", {}, ` ${codeName(grid.codeAt(row))}`) : null),
        make("span.number", {}, sum),
      ),
      lock,
    );
  }

  pick(grid, row, box) {
    if (!this.board.select(grid, [row], box.checked ? "add" : "drop") && box.checked) {
      box.checked = false;
      this.notices.warn(say("editor.not_allowed"));
    }
  }
}
