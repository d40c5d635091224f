/** The map of changes: moved atoms by what became of them, old borders dashed, new borders solid. */

import { textStyle, zoomOf } from "./base_style.js";
import { CLASSES, SIGNS } from "./compare_changes.js";
import { frameStyle, shortCode } from "./grid_style.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { count } from "./page_data.js";
import * as palette from "./palette.js";

const { Circle, Fill, Stroke, Style } = ol.style;
const BUILDING_ZOOM = 15;
const SIGN_ZOOM = 16;
const NAME_ZOOM = 15.4;
const HALO = "rgba(255,255,255,0.9)";
const WIDE_PX = 800;
const LEGEND_PX = 330; // what the legend covers
const BEFORE = "#7a4a12";

const afterStyle = [
  new Style({ stroke: new Stroke({ color: HALO, width: 5 }), fill: new Fill({ color: "rgba(255,255,255,0.12)" }) }),
  new Style({ stroke: new Stroke({ color: palette.INK, width: 2.2 }), zIndex: 1 }),
];
const beforeStyle = [
  new Style({ stroke: new Stroke({ color: HALO, width: 4 }), fill: new Fill({ color: "rgba(0,0,0,0.01)" }) }),
  new Style({ stroke: new Stroke({ color: BEFORE, width: 2.2, lineDash: [7, 6] }), zIndex: 1 }),
];
const styles = new Map();

function once(key, build) {
  if (!styles.has(key)) styles.set(key, build());
  return styles.get(key);
}

/** Near by a building is a shape with its sign, from afar a dot: nothing that changed may vanish. */
function buildingStyle(feature, resolution) {
  const kind = feature.get("class");
  const zoom = zoomOf(resolution);
  const { sign, colour } = CLASSES[kind];
  const size = zoom < 14 ? 2.5 : 4;
  if (zoom < BUILDING_ZOOM) {
    const dot = once(
      `dot ${kind} ${size}`,
      () => new Circle({ radius: size, fill: new Fill({ color: colour }), stroke: new Stroke({ color: "#fff", width: 1 }) }),
    );
    return new Style({ image: dot, geometry: feature.get("spot") });
  }
  const ground = once(
    `ground ${kind}`,
    () => new Style({ fill: new Fill({ color: `${colour}d9` }), stroke: new Stroke({ color: palette.INK, width: 1 }) }),
  );
  if (zoom < SIGN_ZOOM) return ground;
  const mark = new Style({ geometry: feature.get("spot"), text: textStyle(sign, { size: 16, weight: 600 }), zIndex: 2 });
  return [ground, mark];
}

function nameStyle(feature, resolution) {
  if (zoomOf(resolution) < NAME_ZOOM) return null;
  const { code, change, households_before: before, households_after: after } = feature.getProperties();
  const figures = [before, after].filter((one) => one !== null).map(count).join(" → ");
  const text = textStyle(`${SIGNS[change]} ${shortCode(code)}\n${figures}`, { size: 13, weight: 600 });
  return new Style({ text, zIndex: 10 });
}

function spotOf(geometry) {
  const inside = geometry.getType() === "Polygon" ? geometry.getInteriorPoint() : geometry.getInteriorPoints();
  const [x, y] = inside.getFlatCoordinates();
  return new ol.geom.Point([x, y]);
}

function layer(style, zIndex, more = {}) {
  const source = new ol.source.Vector();
  return { source, layer: new ol.layer.Vector({ source, style, zIndex, ...more }) };
}

/** Hide what the common tiles say of micro-grids: two other divisions are shown. */
function hidePublished({ map, sources }) {
  const own = [sources.micro_grids, sources.micro_grid_names, sources.stations];
  for (const one of map.getLayers().getArray()) {
    if (own.includes(one.getSource())) one.setVisible(false);
  }
}

/**
 * Make the map.
 *
 * @param {HTMLElement} target
 * @param {{pointed: function(string|null), clicked: function(string)}} calls with codes of micro-grids
 * @returns {{show, clear, point, choose}}
 */
export function makeCompareMap(target, { pointed, clicked }) {
  const view = makeMap(target);
  hidePublished(view);
  const before = layer(beforeStyle, 11);
  const after = layer(afterStyle, 12);
  const buildings = layer(buildingStyle, 13);
  const pointedFrame = layer(frameStyle(false), 20);
  const chosenFrame = layer(frameStyle(true), 21);
  const names = layer(nameStyle, 45, { declutter: true });
  const all = [before, after, buildings, pointedFrame, chosenFrame, names];
  for (const one of all) view.map.addLayer(one.layer);
  const reader = new ol.format.GeoJSON({ dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" });
  let held = new Map(); // code -> what shows it

  function clear() {
    for (const one of all) one.source.clear();
    held = new Map();
  }

  function hold(code, feature) {
    if (code !== null) held.set(code, [...(held.get(code) ?? []), feature]);
  }

  function addBuilding(feature, classOf) {
    const moves = feature.get("moves");
    const most = moves.reduce((one, other) => (other.households > one.households ? other : one));
    feature.set("class", classOf(most), true);
    feature.set("spot", spotOf(feature.getGeometry()), true);
    for (const move of moves) for (const code of new Set([move.before, move.after])) hold(code, feature);
  }

  /** Draw a comparison. */
  function show(collection, classOf) {
    clear();
    const features = reader.readFeatures(collection).filter((one) => one.getGeometry());
    for (const feature of features) {
      if (feature.get("kind") === "building") addBuilding(feature, classOf);
      else hold(feature.get("code"), feature);
    }
    const of = (test) => features.filter(test);
    buildings.source.addFeatures(of((one) => one.get("kind") === "building"));
    after.source.addFeatures(of((one) => one.get("kind") === "micro_grid" && one.get("change") !== "retired"));
    before.source.addFeatures(
      of((one) => one.get("kind") === "micro_grid_before" || (one.get("kind") === "micro_grid" && one.get("change") === "retired")),
    );
    names.source.addFeatures(of((one) => one.get("kind") === "micro_grid").map((one) => nameOf(one)));
    return features.length ? ol.proj.transformExtent(extentOf(features), "EPSG:3857", "EPSG:4326") : null;
  }

  function nameOf(feature) {
    const name = feature.clone();
    name.setGeometry(spotOf(feature.getGeometry()));
    return name;
  }

  function extentOf(features) {
    const extent = ol.extent.createEmpty();
    for (const feature of features) ol.extent.extend(extent, feature.getGeometry().getExtent());
    return extent;
  }

  function frame(place, code) {
    place.source.clear();
    const own = (held.get(code) ?? []).filter((one) => one.get("kind") !== "building");
    const shown = own.find((one) => one.get("kind") === "micro_grid") ?? own[0];
    if (shown) place.source.addFeature(new ol.Feature(shown.getGeometry()));
  }

  onPoint(view.map, [after.layer, before.layer], {
    pointed: (feature) => pointed(feature ? feature.get("code") : null),
    clicked: (feature) => clicked(feature ? feature.get("code") : null),
  });
  return {
    map: view.map,
    show,
    clear,
    fit(bounds) {
      const [width] = view.map.getSize();
      fitTo(view.map, bounds, { maxZoom: 17, padding: [40, 40, 40, width > WIDE_PX ? LEGEND_PX : 40] });
    },
    point: (code) => frame(pointedFrame, code),
    choose(code, { fit = false } = {}) {
      frame(chosenFrame, code);
      const own = held.get(code);
      if (fit && own) this.fit(ol.proj.transformExtent(extentOf(own), "EPSG:3857", "EPSG:4326"));
    },
  };
}
