/**
 * What follows the pointer: a second map over the first, so that the base map is not drawn anew, and labels.
 * Only the micro-grids concerned are counted; the work does not grow with the number of micro-grids.
 */

import { make } from "./elements.js";
import { toMap } from "./editor_places.js";
import { liveStyle } from "./editor_styles.js";
import { effectText, summaryText } from "./editor_words.js";

const MOST_LABELS = 6;
const EDGE_PX = 8;

/** The live layer and its labels. */
export class Live {
  constructor(map, drawing, board, place) {
    Object.assign(this, { map, drawing, board });
    this.source = new ol.source.Vector();
    this.selected = new ol.source.Vector();
    this.overlay = new ol.Map({
      target: make("div.live-map", { "aria-hidden": "true" }),
      controls: [],
      interactions: [],
      layers: [this.selected, this.source].map(
        (source) =>
          new ol.layer.Vector({ source, style: liveStyle, updateWhileInteracting: true, updateWhileAnimating: true }),
      ),
      view: map.getView(),
    });
    this.labels = make("div.live-labels", { "aria-hidden": "true" });
    place.append(this.overlay.getTargetElement(), this.labels);
    this.anchors = [];
    map.on("postrender", () => this.placeLabels());
    board.on("selection division", () => this.showSelection());
  }

  /** Make features for atoms: whole buildings as their ground, parts of one as a dot. */
  featuresOf(grid, rows, kind) {
    const byBuilding = new Map();
    for (const row of rows) {
      const id = grid.atoms[row].building_id;
      byBuilding.set(id, [...(byBuilding.get(id) ?? []), row]);
    }
    return [...byBuilding].flatMap(([id, own]) => {
      const ground = this.drawing.buildings.getFeatureById(id);
      if (ground && own.length === grid.rowsOfBuilding.get(id).length) {
        return [new ol.Feature({ kind, geometry: ground.getGeometry() })];
      }
      return own.map(
        (row) =>
          new ol.Feature({
            kind: `${kind}_part`,
            geometry: new ol.geom.Point([grid.points[row * 2], grid.points[row * 2 + 1]]),
          }),
      );
    });
  }

  showSelection() {
    this.selected.clear();
    const { grid, rows } = this.board.selection;
    if (grid) this.selected.addFeatures(this.featuresOf(grid, [...rows], "selected"));
  }

  /** Outline what the pointer is over. */
  point(feature) {
    if (this.pointed === feature) return;
    this.clear();
    this.pointed = feature;
    if (feature) this.source.addFeature(new ol.Feature({ kind: "pointed", geometry: feature.getGeometry() }));
  }

  /**
   * Show what moving atoms would mean.
   *
   * @param {{grid, moves, shape}} change `moves` as in `Grid.foresee`; `shape` a geometry that is being drawn;
   *   no grid where nothing moves yet
   * @returns {string} the change in words
   */
  show({ grid = null, moves = [], shape = null }) {
    this.clear();
    const features = shape ? [new ol.Feature({ kind: "shape", geometry: shape })] : [];
    const rows = moves.map(([row]) => row);
    const effects = grid ? grid.foresee(moves) : [];
    if (grid) features.push(...this.featuresOf(grid, rows, "taken"));
    for (const one of effects) {
      if (one.after.pieces > Math.max(1, one.before.pieces))
        features.push(...this.featuresOf(grid, one.after.torn, "torn"));
    }
    for (const to of new Set(moves.map(([, code]) => code))) {
      const land = to ? this.drawing.land.getFeatureById(to) : null;
      if (land) features.push(new ol.Feature({ kind: "target", geometry: land.getGeometry() }));
    }
    this.source.addFeatures(features);
    if (!grid || !rows.length) return "";
    this.label(grid, rows, effects);
    return summaryText(grid, moves, effects);
  }

  /** Mark atoms, without saying what moving them would mean. */
  mark(grid, rows) {
    this.source.addFeatures(this.featuresOf(grid, rows, "taken"));
  }

  /** Show the shape that is being drawn, nothing else. */
  draw(shape) {
    this.show({ shape });
  }

  label(grid, rows, effects) {
    this.anchors = effects.slice(0, MOST_LABELS).map((effect) => {
      const { status, isTorn, parts } = effectText(effect, this.board.plan.rules);
      const micro = grid.micro.get(effect.code);
      const at = micro ? toMap([micro.lon, micro.lat]) : [grid.points[rows[0] * 2], grid.points[rows[0] * 2 + 1]];
      const [first, ...more] = parts;
      const node = make(
        `div.live-label.${status}${isTorn ? ".torn" : ""}`,
        { "data-code": effect.code ?? "new" },
        make("b", {}, first),
        ...more.map((part) => make("span", {}, part)),
      );
      return { at, node };
    });
    this.labels.replaceChildren(...this.anchors.map(({ node }) => node));
    this.placeLabels();
  }

  /** Keep labels at their micro-grids, inside the map, and clear of each other. */
  placeLabels() {
    const [width, height] = this.map.getSize() ?? [0, 0];
    const taken = [];
    for (const { at, node } of this.anchors) {
      const pixel = this.map.getPixelFromCoordinate(at);
      if (!pixel) continue;
      const box = { width: node.offsetWidth, height: node.offsetHeight };
      const left = Math.max(EDGE_PX, Math.min(width - box.width - EDGE_PX, pixel[0] - box.width / 2));
      let top = Math.max(EDGE_PX, Math.min(height - box.height - EDGE_PX, pixel[1] - box.height - EDGE_PX));
      for (const other of taken) {
        const isBeside = Math.abs(other.left - left) < Math.max(other.width, box.width);
        if (isBeside && top < other.top + other.height && other.top < top + box.height)
          top = other.top + other.height + 4;
      }
      taken.push({ left, top, ...box });
      node.style.left = `${left}px`;
      node.style.top = `${top}px`;
    }
  }

  clear() {
    this.pointed = null;
    this.source.clear();
    this.anchors = [];
    if (this.labels.firstChild) this.labels.replaceChildren();
  }
}
