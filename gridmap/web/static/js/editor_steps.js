/** Redrawing by steps, without pointing at the map: a border moved atom by atom, a cut moved and turned. */

import { make } from "./elements.js";
import { cutsAcross, longWay, orderOver } from "./editor_borders.js";
import { toLonLat } from "./editor_places.js";
import { codeName, effectText, stated, summaryText } from "./editor_words.js";
import { say } from "./page_data.js";

const TURNS = 12;

/** A slider between two buttons: arrows, a finger and the mouse move it alike. */
function stepper({ name, less, more, min, max, value, changed }) {
  const range = make("input", { type: "range", min, max, step: 1, value, "aria-label": name });
  const go = (step) => {
    range.value = String(Number(range.value) + step);
    changed();
  };
  range.addEventListener("input", changed);
  const button = (sign, label, step) =>
    make("button.button", { type: "button", "aria-label": label, title: label, onclick: () => go(step) }, sign);
  const node = make("div.stepper", {}, make("span", {}, name), button("−", less, -1), range, button("+", more, 1));
  return { node, range };
}

/** Steps over one border or through one micro-grid, offered like any other operation. */
export class Steps {
  constructor({ board, live, actions, pending, presence, notices }) {
    Object.assign(this, { board, live, actions, pending, presence, notices });
    this.held = null;
    board.on("division", () => {
      // Numbers of atoms mean something else once others have broken or healed a building.
      if (this.held && this.board.grids.get(this.held.code)?.atoms !== this.held.atoms) this.pending.cancel();
    });
  }

  offer(grid, code, { steppers, commit }) {
    this.held = { code: grid.code, atoms: grid.atoms };
    this.presence.lease([code]);
    const leave = () => {
      this.held = null;
      this.presence.release();
    };
    this.pending.offer({
      text: "",
      steps: steppers.map((one) => one.node),
      cancel: leave,
      commit: () => {
        leave();
        return commit();
      },
    });
  }

  /** Show a change and say it, in the bar and to those who do not see it. */
  tell(grid, moves, { range, shape = null, otherwise }) {
    this.live.show({ grid, moves, shape });
    const effects = grid.foresee(moves);
    const rows = moves.map(([row]) => row);
    const said = effects.map((one) => effectText(one, this.board.plan.rules).parts.join(" "));
    range.setAttribute("aria-valuetext", said.length ? stated(said) : otherwise);
    this.pending.say(rows.length ? stated([...said, summaryText(grid, moves, effects)]) : otherwise);
  }

  /** Move the border between two micro-grids: to the right `code` takes, to the left it gives. */
  pushBorder(code, other) {
    const grid = this.board.gridOfCode.get(code);
    const options = { isWhole: this.board.level === "building", mayTake: (row) => !grid.isLocked(row) };
    const order = (from, to) => (grid.micro.get(to)?.locked ? [] : orderOver(grid, from, to, options));
    const [taking, giving] = [order(other, code), order(code, other)];
    if (!taking.length && !giving.length) {
      this.notices.warn(say("editor.border_locked"));
      return;
    }
    const [one, two] = [codeName(code), codeName(other)];
    let [rows, taker] = [[], code];
    const changed = () => {
      const value = Number(border.range.value);
      rows = (value < 0 ? giving : taking).slice(0, Math.abs(value)).flat();
      taker = value < 0 ? other : code;
      const moves = rows.map((row) => [row, taker]);
      this.tell(grid, moves, { range: border.range, otherwise: say("editor.border_hint", { one, two }) });
    };
    const border = stepper({
      name: `${one} ↔ ${two}`,
      less: say("editor.border_give", { one, two }),
      more: say("editor.border_take", { one, two }),
      min: -giving.length,
      max: taking.length,
      value: 0,
      changed,
    });
    const commit = () => this.actions.push(grid, taker, rows);
    this.offer(grid, code, { steppers: [border], commit });
    changed();
    border.range.focus();
  }

  /** Cut a micro-grid by a straight line that is moved from atom to atom, and turned. */
  cut(code) {
    const grid = this.board.gridOfCode.get(code);
    const rows = [...grid.membersOf(grid.numberOf(code))];
    const sum = (some) => some.reduce((total, row) => total + grid.households[row], 0);
    const isHeld = (some) => Number(some.some((row) => grid.lockedBuildings.has(grid.atoms[row].building_id)));
    const start = longWay(grid, rows);
    let cuts = [];
    let chosen = null;
    const even = (cut) => Math.abs(sum(cut.sides[0]) - sum(cut.sides[1]));
    const moved = () => {
      chosen = cuts[Number(place.range.value)];
      const [smaller] = [...chosen.sides].sort(
        (one, other) => isHeld(one) - isHeld(other) || sum(one) - sum(other) || one.length - other.length,
      );
      const shape = new ol.geom.LineString(chosen.line);
      this.tell(
        grid,
        smaller.map((row) => [row, undefined]),
        { range: place.range, shape, otherwise: "" },
      );
    };
    const turned = () => {
      cuts = cutsAcross(grid, rows, start + (Number(turn.range.value) * Math.PI) / TURNS);
      if (!cuts.length) return;
      place.range.max = String(cuts.length - 1);
      place.range.value = String(cuts.indexOf(cuts.reduce((one, other) => (even(other) < even(one) ? other : one))));
      turn.range.setAttribute("aria-valuetext", `${(Number(turn.range.value) * 180) / TURNS}°`);
      moved();
    };
    const place = stepper({
      name: say("editor.cut_place"),
      less: say("editor.cut_back"),
      more: say("editor.cut_on"),
      min: 0,
      max: 1,
      value: 0,
      changed: moved,
    });
    const turn = stepper({
      name: say("editor.cut_turn"),
      less: say("editor.cut_turn_back"),
      more: say("editor.cut_turn_on"),
      min: -TURNS / 2,
      max: TURNS / 2,
      value: 0,
      changed: turned,
    });
    if (rows.length < 2 || !cutsAcross(grid, rows, start).length) {
      this.notices.warn(say("editor.cut_too_small", { code: codeName(code) }));
      return;
    }
    const commit = () => this.actions.cut(grid, code, chosen.line.map(toLonLat));
    this.offer(grid, code, { steppers: [place, turn], commit });
    turned();
    place.range.focus();
  }
}
