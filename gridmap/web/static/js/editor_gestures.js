/** Gestures on the map: click, box, lasso, push a boundary, draw a cut; mouse, pen and finger alike. */

import { Cut } from "./editor_cut.js";
import { distance, ringOf } from "./editor_places.js";
import { Push } from "./editor_push.js";
import { shortSum } from "./editor_words.js";
import { count, say } from "./page_data.js";

const DRAWS = ["box", "lasso", "push", "cut"];
const STILL_PX = 5;
const STEP_PX = 3;

/** Turns what the pointer does into selections and offers. */
export class Gestures {
  constructor(parts) {
    Object.assign(this, parts);
    this.path = null;
    this.push = new Push(parts);
    this.cut = new Cut(parts);
    this.takeDragPan();
    const interaction = new ol.interaction.Pointer({
      handleDownEvent: (event) => this.down(event),
      handleDragEvent: (event) => this.drag(event),
      handleMoveEvent: (event) => this.move(event),
      handleUpEvent: (event) => this.up(event),
      stopDown: () => false, // a second finger must reach the pinch
    });
    this.map.addInteraction(interaction);
    this.map.on("click", (event) => this.click(event));
    this.map.getViewport().addEventListener("pointerleave", () => this.isIdle() && this.live.clear());
    this.tools.onChange(() => this.leave());
  }

  isIdle() {
    return !this.path && !this.push.swept && !this.cut.line && !this.pending.offered;
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
    const tool = this.tools.current;
    if (!DRAWS.includes(tool)) return false;
    this.start = event.pixel;
    this.isDragged = false;
    this.isByKey = false;
    if (tool === "push") return this.push.press(event.coordinate);
    if (tool === "cut") return this.cut.press(event.coordinate);
    this.pending.cancel();
    this.path = [event.coordinate];
    return true;
  }

  drag(event) {
    if (event.activePointers.length > 1) {
      this.leave();
      return;
    }
    this.isDragged ||= distance(event.pixel, this.start) > STILL_PX;
    if (!this.isDragged) return;
    const tool = this.tools.current;
    if (tool === "push") this.push.sweepTo(event.coordinate);
    else if (tool === "cut") this.cut.drawTo(event.coordinate);
    else if (this.path) this.drawShape(event.coordinate);
  }

  move(event) {
    const tool = this.tools.current;
    if (tool === "push" && this.push.swept) this.push.sweepTo(event.coordinate);
    else if (tool === "cut" && this.cut.line) this.cut.stretchTo(event.coordinate);
    else if (this.path && this.isByKey) this.drawShape(event.coordinate);
    else if (tool === "move") this.foreseeMove(event);
    else if (this.isIdle()) this.live.point(this.lookup.buildingAt(event.coordinate));
  }

  up(event) {
    const tool = this.tools.current;
    if (tool === "push") this.push.letGo(this.isDragged);
    else if (tool === "cut") this.cut.letGo(event.coordinate, this.isDragged);
    else if (this.path) this.endShape(event);
    return false;
  }

  /** Press by key: what is drawn begins at the first press and ends at the second. */
  pressByKey(event) {
    if (!DRAWS.includes(this.tools.current)) this.click(event);
    else if (this.path) this.endShape(event);
    else {
      this.down(event);
      this.isByKey = true;
      this.isDragged = this.path !== null;
      if (this.path) this.tools.hint(say("editor.shape_second"));
      else this.up(event);
    }
  }

  /** Leave whatever was begun. */
  leave() {
    this.path = null;
    this.push.drop();
    this.cut.drop();
    this.pending.cancel();
    this.live.clear();
  }

  click(event) {
    const tool = this.tools.current;
    if (this.overview.isOpen) {
      this.overview.pickAt(event.coordinate);
      return;
    }
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
      const { shiftKey, ctrlKey } = event.originalEvent;
      this.board.choose(code, { more: this.board.isSeveral || shiftKey || ctrlKey });
      return;
    }
    const isPicked = this.board.level !== "floors"; // they are picked in the stack view that opens
    if (isPicked && !this.board.select(found.grid, found.rows, "toggle")) this.notices.warn(say("editor.not_allowed"));
    this.tools.showBuilding(found.grid, found.building);
  }

  /** A row of the list stands for its micro-grid, which may be above the ground; tells whether a tool took it. */
  pickInList(code) {
    const tool = this.tools.current;
    if (tool === "merge") this.chooseForMerge(code);
    else if (tool === "move" && this.board.selection.grid) this.moveTo(code, false);
    else return false;
    return true;
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
    if (!grid || code === null || !grid.micro.has(code)) {
      this.live.clear();
      this.tools.rest();
    } else {
      this.tools.hint(this.live.show({ grid, moves: [...rows].map((row) => [row, code]) }));
    }
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
      this.tools.rest();
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

  drawShape(coordinate) {
    const last = this.path[this.path.length - 1];
    if (distance(last, coordinate) < STEP_PX * this.map.getView().getResolution()) return;
    if (this.tools.current === "box") this.path = [this.path[0], coordinate];
    else this.path.push(coordinate);
    if (this.tools.current === "box" || this.path.length > 2) this.foreseeShape(this.shape());
  }

  shape() {
    if (this.tools.current === "lasso") return ringOf(this.path);
    return ol.geom.Polygon.fromExtent(ol.extent.boundingExtent(this.path));
  }

  /** Count what would be selected; where a micro-grid is chosen, what it would become with it. */
  foreseeShape(shape) {
    const { grid, rows } = this.atomsInShape(shape);
    const target = this.board.primary;
    const isAimed = grid !== null && target !== null && grid.micro.has(target);
    const sum = rows.reduce((total, row) => total + grid.households[row], 0);
    const said = this.live.show({
      grid: isAimed ? grid : null,
      moves: isAimed ? rows.map((row) => [row, target]) : [],
      shape,
    });
    if (!isAimed && grid) this.live.mark(grid, rows);
    this.tools.hint(said || say("editor.selected", { count: count(rows.length), households: shortSum(sum) }));
  }

  endShape({ originalEvent }) {
    const isShape = this.isDragged && this.path.length > 1;
    const { grid, rows } = isShape ? this.atomsInShape(this.shape()) : { grid: null, rows: [] };
    this.path = null;
    this.live.clear();
    this.tools.hint("");
    if (!isShape) return;
    if (!grid || !rows.length) this.notices.say(say("editor.nothing_there"));
    else this.board.select(grid, rows, originalEvent.altKey ? "drop" : "add");
  }
}
