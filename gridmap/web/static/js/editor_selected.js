/** What is chosen and selected: contents as a list to pick from, operations, ways back into the band. */

import { AtomLists } from "./editor_atoms.js";
import { bordersOf } from "./editor_borders.js";
import { rove } from "./editor_keys.js";
import { Remedies } from "./editor_remedies.js";
import { codeName, listed, shortSum } from "./editor_words.js";
import { make, mark } from "./elements.js";
import { count, say, sayOr } from "./page_data.js";

/** The lower panel. */
export class SelectedPanel {
  constructor({ place, board, actions, notices, steps, run }) {
    Object.assign(this, { board, steps, run });
    this.atoms = new AtomLists({ board, actions, notices });
    this.remedies = new Remedies({ board, actions });
    this.actions = actions;
    this.words = make("input.input", {
      type: "search",
      id: "atom-search",
      "aria-label": say("editor.atom_search"),
      placeholder: `${say("editor.atom_search")} (/)`,
      oninput: () => this.later(),
      onkeydown: (event) => this.key(event),
    });
    this.content = make("div");
    this.told = make("p.unseen", { role: "status" }); // stays where it is: what is drawn anew is not read aloud
    place.replaceChildren(this.words, this.told, this.content);
    board.on("selection chosen division", () => this.later());
  }

  /** From the words down into what was found; Escape forgets them. */
  key(event) {
    if (event.key === "ArrowDown") this.content.querySelector(".atoms input")?.focus();
    else if (event.key === "Escape" && this.words.value) this.words.value = "";
    else return;
    event.preventDefault();
    this.later();
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
    const { activeElement } = document;
    const focused = this.content.contains(activeElement) ? { ...activeElement.dataset } : {};
    const isUnfolded = this.content.querySelector("#borders")?.open;
    const { chosen } = this.board;
    const parts = [this.selectionPart()];
    if (this.words.value.trim()) parts.push(this.atoms.find(this.words.value));
    else if (chosen.size > 1) parts.push(this.severalPart());
    else if (chosen.size === 1) parts.push(...this.onePart(this.board.primary));
    else parts.push(this.unassignedPart());
    this.content.replaceChildren(...parts.filter(Boolean));
    const told = this.content.querySelector(".selected p")?.textContent ?? "";
    if (this.told.textContent !== told) this.told.textContent = told;
    const borders = this.content.querySelector("#borders");
    if (borders && isUnfolded) borders.open = true;
    const name = ["atom", "lockBuilding", "do", "border"].find((one) => focused[one] !== undefined);
    if (!name) return;
    const attribute = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    this.content.querySelector(`[data-${attribute}="${focused[name]}"]`)?.focus();
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
        this.button("editor.lock_selected", "lock-selected"),
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
    const status = say(`editor.${micro.status}`);
    const head = make(
      "p",
      {},
      mark(micro.status, status),
      make("b", {}, ` ${codeName(code)} ${shortSum(micro.households, micro.households_estimated)} ${status}`),
      make("span.quiet", {}, micro.staff.length ? ` · ${say("editor.staff", { count: count(micro.staff.length) })}` : ""),
    );
    const findings = micro.findings.length
      ? make(
          "p.small.finding-text",
          {},
          `! ${micro.findings.map((kind) => sayOr(`editor.finding_${kind}`, kind)).join(" · ")}`,
        )
      : null;
    const actions = make(
      "div.actions",
      {},
      isOut
        ? make(
            "button.button.main",
            { type: "button", "data-do": "remedies", onclick: () => this.remedies.show(code) },
            say("editor.remedies"),
          )
        : null,
      this.button("editor.cut_steps", "cut-steps"),
      this.button(micro.locked ? "editor.unlock" : "editor.lock", micro.locked ? "unlock" : "lock"),
    );
    this.remedies.keepFor(code);
    return [
      make("section", {}, head, findings, actions, this.remedies.place),
      this.bordersPart(grid, code),
      this.atoms.list(grid, [...grid.membersOf(grid.numberOf(code))]),
    ];
  }

  /** The borders with its neighbours, each to be pushed step by step. */
  bordersPart(grid, code) {
    const borders = bordersOf(grid, code);
    if (!borders.length) return null;
    const list = make("ul.borders");
    for (const border of borders) {
      const button = make(
        "button.button",
        {
          type: "button",
          "data-border": border.code ?? "none",
          onclick: () => this.steps.pushBorder(code, border.code),
        },
        make("span", {}, `${codeName(code)} ↔ ${codeName(border.code)}`),
        make("span.quiet", {}, say("editor.metres", { metres: count(Math.round(border.metres)) })),
      );
      list.append(make("li", {}, button));
    }
    rove(list, "li", "button")();
    return make(
      "details.borders-box",
      { id: "borders" },
      make("summary", {}, say("editor.borders", { count: count(borders.length) })),
      list,
    );
  }

  /** Unfold the borders and bring the keyboard there. */
  focusBorders() {
    const borders = this.content.querySelector("#borders");
    if (!borders) return false;
    borders.open = true;
    borders.querySelector("button").focus();
    return true;
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
        this.atoms.list(grid, rows),
      );
    }
    return null;
  }
}
