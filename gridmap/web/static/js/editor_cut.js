/** Cutting a micro-grid along a line: two clicks or one drag, then both halves, then the yes. */

import { distance, toLonLat } from "./editor_places.js";
import { say } from "./page_data.js";

const SAMPLES = 60;
const STEP_PX = 3;
const SMOOTH_PX = 4;

/** One line at a time. */
export class Cut {
  constructor({ map, lookup, board, live, actions, pending, notices, tools }) {
    Object.assign(this, { map, lookup, board, live, actions, pending, notices, tools });
    this.line = null;
  }

  press(coordinate) {
    this.isSecond = this.line !== null;
    if (this.isSecond) return true;
    this.pending.cancel();
    this.line = [coordinate];
    return true;
  }

  /** A drag draws freely. */
  drawTo(coordinate) {
    if (!this.line) return;
    const last = this.line[this.line.length - 1];
    if (distance(last, coordinate) < STEP_PX * this.map.getView().getResolution()) return;
    this.line.push(coordinate);
    this.live.draw(new ol.geom.LineString(this.line));
  }

  /** Between two clicks the line follows the pointer. */
  stretchTo(coordinate) {
    this.live.draw(new ol.geom.LineString([this.line[0], coordinate]));
  }

  letGo(coordinate, isDragged) {
    if (!this.line) return;
    if (!isDragged && !this.isSecond) {
      this.tools.hint(say("editor.cut_second"));
      return;
    }
    if (!isDragged) this.line = [this.line[0], coordinate];
    const line = new ol.geom.LineString(this.line).simplify(SMOOTH_PX * this.map.getView().getResolution());
    this.line = null;
    this.tools.hint("");
    this.ask(line);
  }

  ask(line) {
    const code = this.codeAlong(line);
    if (code === null) {
      this.live.clear();
      this.notices.say(say("editor.cut_nothing"));
      return;
    }
    this.board.choose(code);
    const args = { codes: [code], line: line.getCoordinates().map(toLonLat) };
    this.actions.confirm(this.board.gridOfCode.get(code), "cut", args, { shape: line });
  }

  /** The chosen micro-grid if the line runs through it, else the one most of the line runs through. */
  codeAlong(line) {
    const counts = new Map();
    for (let at = 0; at <= SAMPLES; at += 1) {
      const code = this.lookup.microGridAt(line.getCoordinateAt(at / SAMPLES));
      if (code !== null) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    const { primary } = this.board;
    if (counts.has(primary) || this.lookup.passesTowers(line, primary)) return primary;
    const ranked = [...counts].sort((one, other) => other[1] - one[1]);
    return ranked.length ? ranked[0][0] : null;
  }

  drop() {
    this.line = null;
  }
}
