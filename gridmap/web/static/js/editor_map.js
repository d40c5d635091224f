/** The map of the editor: land and buildings of the open grids over the base map, and what lies at a place. */

import { readGeometry, toMap, touches } from "./editor_places.js";
import * as styles from "./editor_styles.js";
import { makeMap } from "./map.js";

const FINGER_PX = 14;

function layer(source, style, zIndex, more = {}) {
  return new ol.layer.Vector({ source, style, zIndex, ...more });
}

function newSource() {
  return new ol.source.Vector();
}

/** Hide what the common tiles say of micro-grids (the draft takes their place) and of stations. */
function hidePublished({ map, sources }) {
  const own = [sources.micro_grids, sources.micro_grid_names, sources.stations];
  for (const one of map.getLayers().getArray()) {
    const isName = one.get("names") && one.getSource() === sources.buildings;
    if (own.includes(one.getSource()) || isName) one.setVisible(false);
  }
}

function lookOf(grid, building, waiting) {
  const rows = grid.rowsOfBuilding.get(building.id) ?? [];
  const codes = [...new Set(rows.map((row) => grid.codeAt(row)))];
  const colours = codes.map((code) => (code === null ? -1 : (grid.micro.get(code)?.colour ?? 0)));
  const isWaiting = rows.some((row) => waiting.has(grid.atoms[row].key));
  const isLocked = grid.lockedBuildings.has(building.id);
  return {
    key: `${colours.join(" ")} ${isWaiting}`,
    isLocked,
    colours: colours.length ? colours : [-1],
    isWaiting,
    isOpen: codes.includes(null) && building.households > 0,
    households: building.households,
    estimated: building.estimated,
    stacked: rows.some((row) => grid.atoms[row].floor_from > 0),
    name: building.name,
  };
}

/** Sources and layers of the open grids. */
class Drawing {
  constructor(map, board) {
    this.board = board;
    this.land = newSource();
    this.buildings = newSource();
    this.names = newSource();
    this.borders = newSource();
    this.frames = newSource();
    this.parts = newSource();
    this.drawn = new Map();
    const layers = [
      layer(this.land, styles.landStyle, 10),
      layer(this.buildings, styles.buildingStyle, 12, { minZoom: 14.2 }),
      layer(this.parts, styles.partStyle, 13, { minZoom: 16.2 }),
      layer(this.borders, styles.gridBorder, 15),
      layer(this.frames, styles.chosenFrame, 21),
      layer(this.buildings, styles.buildingNameStyle, 33, { declutter: true, minZoom: 16 }),
      layer(this.names, styles.nameStyle, 42, { declutter: true }),
    ];
    for (const one of layers) map.addLayer(one);
  }

  /** Draw again the grids that changed. */
  draw() {
    for (const [code, { grid }] of this.drawn) if (!this.board.grids.has(code)) this.erase(grid);
    for (const grid of this.board.grids.values()) {
      const known = this.drawn.get(grid.code);
      const state = `${grid.sequence} ${this.board.waiting.size}`;
      if (known?.grid === grid && known.state === state) continue;
      if (known && known.grid !== grid) this.erase(known.grid);
      this.drawGrid(grid, this.drawn.get(grid.code));
      this.drawn.set(grid.code, { grid, state });
    }
  }

  erase(grid) {
    for (const source of [this.land, this.names, this.buildings, this.borders, this.parts]) {
      for (const feature of source.getFeatures()) if (feature.get("grid") === grid) source.removeFeature(feature);
    }
    this.drawn.delete(grid.code);
  }

  drawGrid(grid, known) {
    if (!known) {
      this.borders.addFeature(new ol.Feature({ grid, geometry: readGeometry(grid.geometry) }));
      this.buildings.addFeatures([...grid.buildings.values()].map((one) => this.buildingOf(grid, one)));
    } else {
      for (const building of grid.buildings.values()) this.dressBuilding(grid, building);
    }
    for (const source of [this.land, this.names]) {
      for (const feature of source.getFeatures()) {
        if (feature.get("grid") === grid && !grid.micro.has(feature.getId())) source.removeFeature(feature);
      }
    }
    for (const micro of grid.micro.values()) this.drawMicroGrid(grid, micro);
    this.drawParts(grid);
  }

  /** Dot the entrances of broken buildings; of floors above each other the lowest is seen. */
  drawParts(grid) {
    for (const feature of this.parts.getFeatures()) if (feature.get("grid") === grid) this.parts.removeFeature(feature);
    for (const rows of grid.rowsOfBuilding.values()) {
      if (rows.length < 2) continue;
      for (const row of rows.filter((one) => grid.atoms[one].floor_from < 2)) {
        const code = grid.codeAt(row);
        const colour = code === null ? -1 : (grid.micro.get(code)?.colour ?? 0);
        const geometry = new ol.geom.Point([grid.points[row * 2], grid.points[row * 2 + 1]]);
        this.parts.addFeature(new ol.Feature({ grid, colour, geometry }));
      }
    }
  }

  buildingOf(grid, building) {
    const look = lookOf(grid, building, this.board.waiting);
    const feature = new ol.Feature({ grid, building: building.id, look, geometry: readGeometry(building.geometry) });
    feature.setId(building.id);
    return feature;
  }

  dressBuilding(grid, building) {
    const feature = this.buildings.getFeatureById(building.id);
    const look = lookOf(grid, building, this.board.waiting);
    const was = feature.get("look");
    const isOther = ["key", "stacked", "isOpen", "isLocked"].some((name) => was[name] !== look[name]);
    if (isOther) feature.set("look", look);
  }

  drawMicroGrid(grid, micro) {
    const name = this.names.getFeatureById(micro.code);
    if (name?.get("micro") === micro) return;
    for (const source of [this.land, this.names]) {
      const old = source.getFeatureById(micro.code);
      if (old) source.removeFeature(old);
    }
    const add = (source, geometry) => {
      const feature = new ol.Feature({ grid, micro, geometry });
      feature.setId(micro.code);
      source.addFeature(feature);
    };
    add(this.names, new ol.geom.Point(toMap([micro.lon, micro.lat])));
    if (micro.geometry) add(this.land, readGeometry(micro.geometry));
  }

  /** Frame the chosen micro-grids. */
  frame() {
    this.frames.clear();
    for (const code of this.board.chosen) {
      const feature = this.land.getFeatureById(code) ?? this.names.getFeatureById(code);
      if (feature) this.frames.addFeature(new ol.Feature(feature.getGeometry()));
    }
  }
}

/** What lies at a place of the map. */
class Lookup {
  constructor(map, drawing, board) {
    Object.assign(this, { map, drawing, board });
  }

  /** Find the building at a coordinate; a finger may miss it a little. */
  buildingAt(coordinate, isTouch = false) {
    const { buildings } = this.drawing;
    const [exact] = buildings.getFeaturesAtCoordinate(coordinate);
    if (exact || !isTouch) return exact ?? null;
    const near = buildings.getClosestFeatureToCoordinate(coordinate);
    if (!near) return null;
    const [x, y] = near.getGeometry().getClosestPoint(coordinate);
    const away = Math.hypot(x - coordinate[0], y - coordinate[1]) / this.map.getView().getResolution();
    return away < FINGER_PX ? near : null;
  }

  /** Find the atoms at a coordinate on the level chosen: the whole building, or the entrance nearest. */
  atomsAt(coordinate, isTouch) {
    const feature = this.buildingAt(coordinate, isTouch);
    if (!feature) return null;
    const grid = feature.get("grid");
    const building = feature.get("building");
    const rows = grid.rowsOfBuilding.get(building);
    if (this.board.level === "building") return { grid, building, rows };
    const away = (row) => Math.hypot(grid.points[row * 2] - coordinate[0], grid.points[row * 2 + 1] - coordinate[1]);
    const nearest = rows.reduce((one, other) => (away(other) < away(one) ? other : one));
    const { entrance } = grid.atoms[nearest];
    return { grid, building, rows: rows.filter((row) => grid.atoms[row].entrance === entrance) };
  }

  /** List the bands of floors at a coordinate, above and below those of a micro-grid, with them. */
  towerOf(code, coordinate) {
    const feature = this.buildingAt(coordinate);
    if (!feature || code === null) return [];
    const grid = feature.get("grid");
    const rows = grid.rowsOfBuilding.get(feature.get("building")).filter((row) => grid.atoms[row].floor_from);
    const own = new Set(rows.filter((row) => grid.codeAt(row) === code).map((row) => grid.atoms[row].entrance));
    return rows.filter((row) => own.has(grid.atoms[row].entrance));
  }

  /** Tell whether a line passes between the towers of a micro-grid of upper floors, which has no ground. */
  passesTowers(line, code) {
    const grid = this.board.gridOfCode.get(code);
    if (!grid || grid.micro.get(code).geometry) return false;
    const rows = [...grid.membersOf(grid.numberOf(code))];
    return line.intersectsExtent(
      ol.extent.boundingExtent(rows.map((row) => [grid.points[row * 2], grid.points[row * 2 + 1]])),
    );
  }

  microGridAt(coordinate) {
    const [feature] = this.drawing.land.getFeaturesAtCoordinate(coordinate);
    return feature ? feature.get("micro").code : null;
  }

  /** List atoms whose point lies in an area of the map, by grid. */
  atomsIn(geometry) {
    const found = new Map();
    this.drawing.buildings.forEachFeatureIntersectingExtent(geometry.getExtent(), (feature) => {
      const grid = feature.get("grid");
      const inside = grid.rowsOfBuilding
        .get(feature.get("building"))
        .filter((row) => geometry.intersectsCoordinate([grid.points[row * 2], grid.points[row * 2 + 1]]));
      if (inside.length) found.set(grid, [...(found.get(grid) ?? []), ...inside]);
    });
    return found;
  }

  /** List atoms of buildings that a stretch touches. */
  atomsTouched(grid, a, b) {
    const rows = [];
    this.drawing.buildings.forEachFeatureInExtent(ol.extent.boundingExtent([a, b]), (feature) => {
      if (feature.get("grid") !== grid || !touches(feature.getGeometry(), a, b)) return;
      rows.push(...grid.rowsOfBuilding.get(feature.get("building")));
    });
    return rows;
  }
}

/**
 * Make the map and keep it in step with the board.
 *
 * @returns {{map: ol.Map, lookup: Lookup, drawing: Drawing}}
 */
export function makeEditorMap(target, board) {
  const view = makeMap(target);
  hidePublished(view);
  const drawing = new Drawing(view.map, board);
  board.on("division", () => {
    drawing.draw();
    drawing.frame();
  });
  board.on("chosen", () => drawing.frame());
  return { map: view.map, drawing, lookup: new Lookup(view.map, drawing, board) };
}
