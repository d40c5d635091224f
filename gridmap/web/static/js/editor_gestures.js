/** Gestures on the map: click, box, lasso, push a boundary, draw a cut; mouse, pen and finger alike. */

import { ringOf, toLonLat } from "./editor_places.js";
import { codeName } from "./editor_words.js";
import { say } from "./page_data.js";

const DRAWS = ["box", "lasso", "push", "cut"];
const STILL_PX = 5;
const STEP_PX = 3;
const SAMPLES = 60;

function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

/** Turns what the pointer does into selections and offers. */
export class Gestures {
  constructor({ map, lookup, board, live, actions, pending, notices, tools, presence }) {
    Object.assign(this, { map, lookup, board, live, actions, pending, notices, tools, presence });
    this.path = null;
    this.swept = null;
    this.takeDragPan();
    const interaction = new ol.interaction.Pointer({
      handleDownEvent: (event) => this.down(event),
      handleDragEvent: (event) => this.drag(event),
      handleMoveEvent: (event) => this.move(event),
      handleUpEvent: (event) => this.up(event),
      stopDown: () => false, // a second finger must reach the pinch
    });
    map.addInteraction(interaction);
    map.on("click", (event) => this.click(event));
    map.getViewport().addEventListener("pointerleave", () => this.path || this.swept || this.pending.offered || live.clear());
    tools.onChange(() => this.leave());
  }

  /** Tools that draw keep the map still for one finger; two fingers, the middle button and arrow keys move it. */
  takeDragPan() {
    const own = this.map.getInteractions();
    for (const one of own.getArray().slice()) {
      if (one instanceof ol.interaction.DragPan || one instanceof ol.interaction.DoubleClickZoom) own.remove(one);
    }
    const isFree = (event) =>
      !DRAWS.includes(this.tools.current) || event.activePointers.length > 1 || event.originalEvent.button === 1;
    own.insertAt(0, new ol.interaction.DragPan({ condition: isFree, kinetic: new ol.Kinetic(-0.005, 0.05, 100) }));
  }

  down(event) {
    if (event.activePointers.length > 1 || event.originalEvent.button > 0) {
      this.path = null;
      return false;
    }
    if (!DRAWS.includes(this.tools.current)) return false;
    this.start = event.pixel;
    this.isDragged = false;
    if (this.tools.current === "push") return this.grab(event);
    if (this.tools.current === "cut" && this.path) return true; // second click of a straight cut
    this.pending.cancel();
    this.path = [event.coordinate];
    return true;
  }

  drag(event) {
    if (event.activePointers.length > 1) return this.leave();
    this.isDragged ||= distance(event.pixel, this.start) > STILL_PX;
    if (this.isDragged) this.follow(event);
    return undefined;
  }

  move(event) {
    const tool = this.tools.current;
    if (tool === "push" && this.swept) this.sweepTo(event.coordinate);
    else if (tool === "cut" && this.path) this.live.draw(new ol.geom.LineString([this.path[0], event.coordinate]));
    else if (tool === "move") this.foreseeMove(event);
    else if (!this.pending.offered && !this.path) this.live.point(this.lookup.buildingAt(event.coordinate));
  }

  /** Go on with what is being drawn. */
  follow(event) {
    const tool = this.tools.current;
    if (tool === "push") return this.sweepTo(event.coordinate);
    if (!this.path) return undefined;
    const last = this.path[this.path.length - 1];
    if (distance(last, event.coordinate) < STEP_PX * this.map.getView().getResolution()) return undefined;
    if (tool === "box") {
      this.path = [this.path[0], event.coordinate];
      return this.foreseeShape(ol.geom.Polygon.fromExtent(ol.extent.boundingExtent(this.path)));
    }
    this.path.push(event.coordinate);
    if (tool === "cut") return this.live.draw(new ol.geom.LineString(this.path));
    return this.path.length > 2 ? this.foreseeShape(ringOf(this.path)) : undefined;
  }

  up(event) {
    const tool = this.tools.current;
    if (tool === "push") this.letGo();
    else if (tool === "cut") this.endCut(event);
    else if (this.path) this.endShape(event);
    return false;
  }

  /** Leave whatever was begun. */
  leave() {
    this.path = null;
    if (this.swept) this.presence.release();
    this.swept = null;
    this.pending.cancel();
    this.live.clear();
  }

  click(event) {
    const tool = this.tools.current;
    if (DRAWS.includes(tool)) return;
    const code = this.lookup.microGridAt(event.coordinate);
    const isTouch = event.originalEvent.pointerType === "touch";
    if (tool === "move") this.moveTo(code, isTouch);
    else if (tool === "merge") this.chooseForMerge(code);
    else this.selectAt(event, code, isTouch);
  }

  selectAt(event, code, isTouch) {
    const found = this.lookup.atomsAt(event.coordinate, isTouch);
    if (!found) {
      this.board.choose(code, { more: event.originalEvent.shiftKey || event.originalEvent.ctrlKey });
      return;
    }
    if (!this.board.select(found.grid, found.rows, "toggle")) this.notices.warn(say("editor.not_allowed"));
    this.tools.showBuilding(found.grid, found.building);
  }

  chooseForMerge(code) {
    if (code === null) return;
    this.board.choose(code, { more: true });
    if (this.board.chosen.size > 1) this.actions.mergeChosen();
    else this.pending.cancel();
  }

  // Moving the selection to the micro-grid under the pointer

  foreseeMove(event) {
    const { grid, rows } = this.board.selection;
    const code = this.lookup.microGridAt(event.coordinate);
    if (this.pending.offered || this.pointedCode === code) return;
    this.pointedCode = code;
    if (!grid || code === null || !grid.micro.has(code)) this.live.clear();
    else this.tools.hint(this.live.show({ grid, moves: [...rows].map((row) => [row, code]) }));
  }

  moveTo(code, isTouch) {
    const { grid, rows } = this.board.selection;
    this.pointedCode = undefined;
    if (!grid || code === null) {
      if (!grid) this.notices.warn(say("editor.select_first"));
      return;
    }
    if (!isTouch || !grid.micro.has(code)) {
      this.live.clear();
      this.actions.moveSelection(code);
      return;
    }
    const moves = [...rows].map((row) => [row, code]);
    // A finger does not hover: the counts come first, a second tap on the button does it.
    this.pending.offer({ text: "", show: () => {}, commit: () => this.actions.moveSelection(code) });
    this.pending.say(this.live.show({ grid, moves }));
  }

  // Box and lasso

  atomsInShape(shape) {
    const found = [...this.lookup.atomsIn(shape)];
    const own = found.find(([grid]) => grid === this.board.selection.grid);
    const [grid, rows] = own ?? found.sort((one, other) => other[1].length - one[1].length)[0] ?? [null, []];
    return { grid, rows: grid ? rows.filter((row) => this.board.mayTake(grid, row)) : [] };
  }

  foreseeShape(shape) {
    const { grid, rows } = this.atomsInShape(shape);
    const target = grid?.micro.has(this.board.primary) ? this.board.primary : null;
    const text = this.live.show({ grid, moves: rows.map((row) => [row, target]), shape });
    this.tools.hint(text);
  }

  endShape({ originalEvent }) {
    const { path } = this;
    this.path = null;
    this.live.clear();
    this.tools.hint("");
    if (!this.isDragged || path.length < 2) return;
    const isBox = this.tools.current === "box";
    const shape = isBox ? ol.geom.Polygon.fromExtent(ol.extent.boundingExtent(path)) : ringOf(path);
    const { grid, rows } = this.atomsInShape(shape);
    if (!grid || !rows.length) this.notices.say(say("editor.nothing_there"));
    else this.board.select(grid, rows, originalEvent.altKey ? "drop" : "add");
  }

  // Pushing a boundary

  /** First press grabs a micro-grid; a press while one is held is the second click. */
  grab(event) {
    if (this.swept) {
      this.isSecond = true;
      return true;
    }
    const code = this.lookup.microGridAt(event.coordinate);
    const grid = this.board.gridOfCode.get(code);
    if (!grid) return false;
    if (grid.micro.get(code).locked) {
      this.notices.warn(say("editor.is_locked", { code: codeName(code) }));
      return false;
    }
    this.isSecond = false;
    this.swept = { grid, code, rows: new Set(), line: [event.coordinate] };
    this.board.choose(code);
    this.presence.lease([code]);
    this.pending.offer({
      text: say("editor.push_hint", { code: codeName(code) }),
      commit: () => this.endPush(),
      cancel: () => this.dropPush(),
    });
    return true;
  }

  sweepTo(coordinate) {
    const { swept } = this;
    if (!swept) return;
    const last = swept.line[swept.line.length - 1];
    if (distance(last, coordinate) < STEP_PX * this.map.getView().getResolution()) return;
    swept.line.push(coordinate);
    const size = swept.rows.size;
    for (const row of this.lookup.atomsTouched(swept.grid, last, coordinate)) {
      if (swept.grid.codeAt(row) !== swept.code && this.mayPush(swept.grid, row)) swept.rows.add(row);
    }
    if (swept.rows.size === size) return;
    this.pending.say(this.live.show({ grid: swept.grid, moves: [...swept.rows].map((row) => [row, swept.code]) }));
  }

  mayPush(grid, row) {
    const code = grid.codeAt(row);
    if (code !== null && grid.micro.get(code)?.locked) return false;
    return this.board.source !== "unassigned" || code === null;
  }

  letGo() {
    if (this.isSecond && this.swept && !this.isDragged) this.pending.commit();
  }

  endPush() {
    const { grid, code, rows, line } = this.swept;
    this.dropPush();
    if (rows.size) return this.actions.push(grid, code, line.map(toLonLat), [...rows]);
    return undefined;
  }

  dropPush() {
    this.swept = null;
    this.presence.release();
  }

  // Cutting by a line

  endCut(event) {
    if (!this.path) return;
    const isClick = !this.isDragged;
    if (isClick && this.path.length === 1 && distance(this.path[0], event.coordinate) === 0) {
      this.tools.hint(say("editor.cut_second"));
      return; // the first click of a straight line
    }
    if (isClick) this.path.push(event.coordinate);
    const line = new ol.geom.LineString(this.path).simplify(4 * this.map.getView().getResolution());
    this.path = null;
    this.tools.hint("");
    const code = this.cutCode(line);
    if (code === null) {
      this.live.clear();
      this.notices.say(say("editor.cut_nothing"));
      return;
    }
    const grid = this.board.gridOfCode.get(code);
    this.board.choose(code);
    this.actions.confirm(grid, "cut", { codes: [code], line: line.getCoordinates().map(toLonLat) }, { shape: line });
  }

  /** The micro-grid most of the line runs through. */
  cutCode(line) {
    const counts = new Map();
    for (let at = 0; at <= SAMPLES; at += 1) {
      const code = this.lookup.microGridAt(line.getCoordinateAt(at / SAMPLES));
      if (code !== null) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    const ranked = [...counts].sort((one, other) => other[1] - one[1]);
    return ranked.length ? ranked[0][0] : null;
  }
}
