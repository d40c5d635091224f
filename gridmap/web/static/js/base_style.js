/** Styles of the base map made of our own data: land, water, roads, railways, buildings, names. */

import * as palette from "./palette.js";

const { Fill, Stroke, Style, Text } = ol.style;

const HALO = new Stroke({ color: "rgba(250,250,247,0.92)", width: 3 });

/** Width in pixels at zoom 16, and the zoom from which the class is drawn. */
const ROADS = {
  motorway: { width: 13, from: 9 },
  trunk: { width: 12, from: 9 },
  primary: { width: 11, from: 10 },
  secondary: { width: 9, from: 11 },
  tertiary: { width: 8, from: 12 },
  unclassified: { width: 6, from: 13 },
  residential: { width: 6, from: 13 },
  living_street: { width: 5, from: 14 },
  pedestrian: { width: 4, from: 14 },
  service: { width: 3, from: 15 },
  footway: { width: 1.2, from: 16, path: true },
  path: { width: 1.2, from: 16, path: true },
  cycleway: { width: 1.2, from: 16, path: true },
  steps: { width: 1.2, from: 16, path: true },
};
const ORDER = Object.keys(ROADS).reverse();
const kept = new Map();

/** Zoom of a resolution in metres of the map's projection per pixel. */
export function zoomOf(resolution) {
  return Math.log2(156543.03392804097 / resolution);
}

/** Make a text style: size in pixels, paper halo, allowed to leave its polygon. */
export function textStyle(text, { size = 12, weight = 400, colour = palette.INK, ...more } = {}) {
  return new Text({
    text,
    font: `${weight} ${size}px ${palette.TYPE}`,
    fill: new Fill({ color: colour }),
    stroke: HALO,
    overflow: true,
    ...more,
  });
}

function once(key, build) {
  if (!kept.has(key)) kept.set(key, build());
  return kept.get(key);
}

function roadLines(kind, level) {
  const road = ROADS[kind];
  const width = Math.max(road.path ? 1 : 0.8, road.width * 2 ** ((level - 16) * 0.62));
  const at = ORDER.indexOf(kind);
  if (road.path) {
    return [new Style({ stroke: new Stroke({ color: palette.CASING, width, lineDash: [4, 3] }), zIndex: at })];
  }
  const lines = [
    new Style({
      stroke: new Stroke({ color: width < 2 ? palette.ROAD : palette.CASING, width: width + 2 }),
      zIndex: at,
    }),
  ];
  const inside = width < 2 ? "#d9dee3" : palette.ROAD;
  lines.push(new Style({ stroke: new Stroke({ color: inside, width }), zIndex: 20 + at }));
  return lines;
}

/** Draw a road by class: white on a casing, thinner classes only when near. */
export function roadStyle(feature, resolution) {
  const level = Math.round(zoomOf(resolution));
  const base = String(feature.get("class") || "").replace(/_link$/, "");
  const kind = base in ROADS ? base : "service";
  if (level < ROADS[kind].from) return null;
  return once(`road ${kind} ${level}`, () => roadLines(kind, level));
}

/** Name a road along its line; important ones first. */
export function roadNameStyle(feature, resolution) {
  const name = feature.get("name");
  const kind = String(feature.get("class") || "").replace(/_link$/, "");
  const rank = ORDER.indexOf(kind);
  if (!name || zoomOf(resolution) < (rank > 8 ? 14 : 15.5) || rank < 4) return null;
  return new Style({
    text: textStyle(name, { colour: palette.INK_2, placement: "line", maxAngle: 0.5, repeat: 380 }),
    zIndex: rank,
  });
}

const water = new Style({
  fill: new Fill({ color: palette.WATER }),
  stroke: new Stroke({ color: palette.WATER_LINE, width: 0.8 }),
});

/** Draw water: a surface, or a course as a broad line. */
export function waterStyle(feature, resolution) {
  if (feature.getType().includes("Polygon")) return water;
  const level = Math.round(zoomOf(resolution));
  return once(
    `river ${level}`,
    () => new Style({ stroke: new Stroke({ color: palette.WATER, width: 2.5 * 2 ** ((level - 14) * 0.5) }) }),
  );
}

/** Name water in its own colour. */
export function waterNameStyle(feature, resolution) {
  const name = feature.get("name");
  if (!name || zoomOf(resolution) < 12) return null;
  const along = feature.getType().includes("Line") ? { placement: "line", repeat: 500 } : {};
  return new Style({ text: textStyle(name, { colour: palette.WATER_NAME, size: 13, ...along }), zIndex: 5 });
}

const railway = [
  new Style({ stroke: new Stroke({ color: palette.RAIL, width: 3 }) }),
  new Style({ stroke: new Stroke({ color: "#fff", width: 1.6, lineDash: [8, 8] }), zIndex: 1 }),
];

/** Draw a railway dashed. */
export function railwayStyle() {
  return railway;
}

function ground(colour) {
  const fill = new Fill({ color: colour });
  return {
    far: new Style({ fill }),
    near: new Style({ fill, stroke: new Stroke({ color: palette.OUTLINE, width: 0.8 }) }),
  };
}

const home = ground(palette.HOME);
const other = ground(palette.BUILDING);

/** Draw a building; dwellings a shade warmer, outlines only when near. */
export function buildingStyle(feature, resolution) {
  const styles = feature.get("use") === "other" ? other : home;
  return zoomOf(resolution) < 15 ? styles.far : styles.near;
}

const compound = new Style({
  fill: new Fill({ color: "rgba(233,242,228,0.8)" }),
  stroke: new Stroke({ color: "#cfdcc6", width: 1 }),
});

/** Draw the ground of a compound in its light green. */
export function compoundStyle() {
  return compound;
}

/** Name compounds when near enough to walk through them. */
export function compoundNameStyle(feature, resolution) {
  if (!feature.get("name") || zoomOf(resolution) < 15) return null;
  return new Style({
    // The same spot in every tile that holds a piece of it, so that decluttering leaves one name.
    geometry: new ol.geom.Point([feature.get("x"), feature.get("y")]),
    text: textStyle(feature.get("name"), { size: 13, colour: "#4c6440" }),
    zIndex: 4,
  });
}

const SHAPES = { station: "#0f6fb8", gate: "#52606d", building_door: "#52606d", member_home: "#9a4352" };

/** Mark a station with a small square and, when near, its name; smaller points only at the door. */
export function stationStyle(feature, resolution) {
  const level = zoomOf(resolution);
  const kind = feature.get("kind");
  const isMain = kind === "station";
  if (level < (isMain ? 13 : 16)) return null;
  const isNamed = level >= (isMain ? 15.5 : 17.5);
  return new Style({
    image: new ol.style.RegularShape({
      points: 4,
      angle: Math.PI / 4,
      radius: isMain ? 7 : 4.5,
      fill: new Fill({ color: SHAPES[kind] || palette.INK_2 }),
      stroke: new Stroke({ color: "#fff", width: 1.5 }),
      declutterMode: "obstacle",
    }),
    text: isNamed ? textStyle(feature.get("name") || "", { offsetY: 15 }) : undefined,
    zIndex: isMain ? 8 : 7,
  });
}
