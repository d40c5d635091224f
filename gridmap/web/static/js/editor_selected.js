/** What is chosen and selected: contents as a list to pick from, operations, ways back into the band. */

import { Problem } from "./api.js";
import { make, mark, walkByArrows } from "./elements.js";
import { atomName, codeName, listed, shortSum, stated, statusOf } from "./editor_words.js";
import { count, say, sayOr } from "./page_data.js";

/** The lower panel. */
export class SelectedPanel {
  constructor({ place, board, actions, notices, run }) {
    Object.assign(this, { place, board, actions, notices, run });
    this.remedies = make("div.remedies", { "aria-live": "polite" });
    board.on("selection chosen division", () => this.later());
  }

  /** Several changes in a row are drawn once. */
  later() {
    if (this.isAsked) return;
    this.isAsked = true;
    queueMicrotask(() => {
      this.isAsked = false;
      this.draw();
    });
  }

  button(key, command, { isMain = false, isOff = false } = {}) {
    return make(
      `button.button${isMain ? ".main" : ""}`,
      { type: "button", "data-do": command, disabled: isOff, onclick: () => this.run(command) },
      say(key),
    );
  }

  draw() {
    const focused = document.activeElement?.dataset?.atom;
    const { chosen, selection } = this.board;
    const parts = [this.selectionPart()];
    if (chosen.size > 1) parts.push(this.severalPart());
    else if (chosen.size === 1) parts.push(...this.onePart(this.board.primary));
    else if (!selection.grid) parts.push(this.unassignedPart());
    this.place.replaceChildren(...parts.filter(Boolean));
    if (focused) this.place.querySelector(`[data-atom="${focused}"]`)?.focus();
  }

  selectionPart() {
    const { grid, rows } = this.board.selection;
    if (!grid) return make("p.quiet", {}, say("editor.nothing_selected"));
    const estimated = [...rows].some((row) => grid.estimated[row] && grid.households[row]);
    const codes = new Set([...rows].map((row) => grid.codeAt(row)));
    const target = this.board.primary;
    const isThere = codes.size === 1 && codes.has(target);
    const canMove = target !== null && !isThere && this.board.gridOfCode.get(target) === grid;
    return make(
      "section.selected",
      { "aria-label": say("editor.selection") },
      make(
        "p",
        {},
        make(
          "b",
          {},
          say("editor.selected", {
            count: count(rows.size),
            households: shortSum(this.board.selectedHouseholds(), estimated),
          }),
        ),
        make("span.quiet", {}, ` ${say("editor.from")} ${listed([...codes].map(codeName))}`),
      ),
      make(
        "div.actions",
        {},
        this.button("editor.to_move", "move", { isMain: !canMove }),
        canMove
          ? make(
              "button.button.main",
              { type: "button", "data-do": "move-chosen", onclick: () => this.actions.moveSelection(target) },
              say("editor.move_to", { code: codeName(target) }),
            )
          : null,
        this.button("editor.new", "new"),
        this.button("editor.swap", "swap", { isOff: codes.size !== 2 }),
        this.button("editor.take_out", "take-out"),
        this.button("editor.clear", "clear"),
      ),
    );
  }

  severalPart() {
    const codes = [...this.board.chosen];
    const sum = codes.reduce((total, code) => total + this.board.microGrid(code).households, 0);
    return make(
      "section",
      {},
      make(
        "p",
        {},
        make("b", {}, say("editor.chosen_several", { count: count(codes.length), households: shortSum(sum) })),
        ` ${listed(codes.map(codeName))}`,
      ),
      make(
        "div.actions",
        {},
        this.button("editor.merge", "merge"),
        this.button("editor.rebalance", "rebalance"),
        this.button("editor.lock", "lock"),
        this.button("editor.unlock", "unlock"),
      ),
    );
  }

  onePart(code) {
    const micro = this.board.microGrid(code);
    if (!micro) return [];
    const grid = this.board.gridOfCode.get(code);
    const isOut = micro.status !== "in_band";
    const head = make(
      "p",
      {},
      mark(micro.status, say(`editor.${micro.status}`)),
      make(
        "b",
        {},
        ` ${codeName(code)} ${shortSum(micro.households, micro.households_estimated)} ${say(`editor.${micro.status}`)}`,
      ),
      make("span.quiet", {}, ` · ${say("editor.staff", { count: count(micro.staff) })}`),
    );
    const findings = micro.findings.length
      ? make(
          "p.small.finding-text",
          {},
          micro.findings.map((kind) => sayOr(`editor.finding_${kind}`, kind)).join(" · "),
        )
      : null;
    const actions = make(
      "div.actions",
      {},
      isOut
        ? make(
            "button.button",
            { type: "button", "data-do": "remedies", onclick: () => this.showRemedies(code) },
            say("editor.remedies"),
          )
        : null,
      this.button(micro.locked ? "editor.unlock" : "editor.lock", micro.locked ? "unlock" : "lock"),
    );
    if (this.remediesOf !== code) this.remedies.replaceChildren();
    return [
      make("section", {}, head, findings, actions, this.remedies),
      this.atomList(grid, [...grid.membersOf(grid.numberOf(code))]),
    ];
  }

  unassignedPart() {
    for (const grid of this.board.grids.values()) {
      const rows = [...grid.membersOf(-1)];
      if (!rows.length) continue;
      return make(
        "section",
        {},
        make("p", {}, make("b", {}, say("editor.unassigned")), ` ${grid.name}`),
        make("div.actions", {}, this.button("editor.fill", "fill")),
        this.atomList(grid, rows),
      );
    }
    return null;
  }

  /** List atoms to be picked by click or key. */
  atomList(grid, rows) {
    const ordered = rows.sort((one, other) =>
      grid.atoms[one].key.localeCompare(grid.atoms[other].key, "en", { numeric: true }),
    );
    const list = make("ul.atoms", { "aria-label": say("editor.contents") });
    walkByArrows(list, "input");
    for (const row of ordered) {
      const atom = grid.atoms[row];
      const box = make("input", {
        type: "checkbox",
        "data-atom": atom.key,
        onchange: (event) => this.pick(grid, row, event.target),
      });
      box.checked = this.board.selection.grid === grid && this.board.selection.rows.has(row);
      const sum = atom.households ? shortSum(atom.households, atom.estimated) : "–";
      list.append(
        make("li", {}, make("label", {}, box, make("span", {}, atomName(grid, atom)), make("span.number", {}, sum))),
      );
    }
    return list;
  }

  pick(grid, row, box) {
    if (!this.board.select(grid, [row], box.checked ? "add" : "drop") && box.checked) {
      box.checked = false;
      this.notices.warn(say("editor.not_allowed"));
    }
  }

  async showRemedies(code) {
    this.remediesOf = code;
    this.remedies.replaceChildren(make("p.quiet", {}, say("editor.looking")));
    let found;
    try {
      found = await this.actions.listRemedies(code);
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      this.remedies.replaceChildren(make("p.notice.fault", { role: "alert" }, fault.message));
      return;
    }
    this.remedies.replaceChildren(make("ol", {}, ...found.map((remedy, at) => this.remedyRow(code, remedy, at + 1))));
  }

  remedyRow(code, remedy, rank) {
    const { rules } = this.board.plan;
    const changes = Object.keys(remedy.after).map((one) => {
      const now = remedy.after[one];
      const status = now ? say(`editor.${statusOf(now, rules)}`) : say("editor.empty");
      return `${codeName(one)} ${count(remedy.before[one])} → ${count(now)} ${status}`;
    });
    const apply = () => {
      this.remedies.replaceChildren();
      this.actions.remedy(code, rank);
    };
    return make(
      "li",
      {},
      make("span", {}, say(remedy.text, { households: remedy.households_moved })),
      make("span.quiet.small", {}, stated(changes)),
      remedy.operation
        ? make("button.button", { type: "button", "data-do": "remedy", onclick: apply }, say("editor.apply"))
        : null,
    );
  }
}
