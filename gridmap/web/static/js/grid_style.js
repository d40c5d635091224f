/** Styles of areas and micro-grids: six soft hues, parent grids in dashed ink, short codes over households. */

import { textStyle, zoomOf } from "./base_style.js";
import { count, say } from "./page_data.js";
import * as palette from "./palette.js";

const { Fill, Stroke, Style } = ol.style;

/** From this zoom on micro-grids are drawn; above it only grids. */
export const MICRO_GRID_ZOOM = 14.6;

/** From this zoom on each is labelled. */
const NAME_ZOOM = 15.2;

const LEVELS = {
  district: { width: 2.5, dash: [12, 4, 2, 4], from: 0, size: 20, names: [0, 11] },
  street: { width: 2, dash: [10, 4], from: 10, size: 16, names: [10, 13] },
  community: { width: 1.5, dash: [6, 4], from: 11.5, size: 14, names: [12.5, 14.6] },
  grid: { width: 1, dash: [5, 4], from: 12, size: 12, names: [14.6, 15.2] },
};

/** Draw the border of an area by level; the parent grid as 3 px dashed ink once micro-grids show. */
export function areaBorderStyle(feature, resolution) {
  const level = zoomOf(resolution);
  const kind = LEVELS[feature.get("level")];
  if (!kind || level < kind.from) return null;
  const isGrid = feature.get("level") === "grid";
  const near = isGrid && level >= 15;
  return new Style({
    stroke: new Stroke({
      color: isGrid && !near ? "rgba(31,41,51,0.55)" : "rgba(31,41,51,0.8)",
      width: near ? 3 : kind.width,
      lineDash: near ? [10, 6] : kind.dash,
    }),
    zIndex: isGrid ? 1 : 2,
  });
}

/** Name areas of the level that fits the zoom. */
export function areaNameStyle(feature, resolution) {
  const level = zoomOf(resolution);
  const kind = LEVELS[feature.get("level")];
  const name = feature.get("name");
  if (!kind || !name || level < kind.names[0] || level >= kind.names[1]) return null;
  return new Style({ text: textStyle(name, { size: kind.size, weight: 600 }), zIndex: 12 });
}

/** Give the short code of a micro-grid: the part behind its community. */
export function shortCode(code) {
  const text = String(code);
  return text.length > 14 ? `${text.slice(12, 15)}-${text.slice(15)}` : text.slice(-8);
}

const foreign = new Style({
  fill: new Fill({ color: "rgba(250,250,247,0.55)" }),
  stroke: new Stroke({ color: palette.OUTLINE, width: 1 }),
});

/** Fill a micro-grid with its hue at 30 % and a border in the hue's dark. */
export function microGridStyle(feature, resolution) {
  if (zoomOf(resolution) < MICRO_GRID_ZOOM) return null;
  const number = Number(feature.get("colour")) || 0;
  return new Style({
    fill: new Fill({ color: palette.softHue(number, 0.3) }),
    stroke: new Stroke({ color: palette.HUES[number % 6].dark, width: 1.5 }),
  });
}

function households(feature) {
  const text = say("pages.households_short", { count: count(feature.get("households")) });
  return feature.get("estimated") ? `${text}*` : text;
}

/** Draw a micro-grid of somebody else: there, but out of the way. */
export function foreignStyle(_feature, resolution) {
  return zoomOf(resolution) < MICRO_GRID_ZOOM ? null : foreign;
}

const strained = (sign, colour) =>
  new Style({ text: textStyle(sign, { size: 16, weight: 600, colour }), zIndex: 11 });
const STRAINED = { under: strained("▽", palette.UNDER), over: strained("▲", palette.OVER) };

/** Label a micro-grid with its short code over its households; from afar only what needs work has a mark. */
export function microGridNameStyle(feature, resolution) {
  const level = zoomOf(resolution);
  if (level < NAME_ZOOM) return STRAINED[feature.get("status")] || null;
  const lines = `${shortCode(feature.get("code"))}${feature.get("stacked") ? " ≡" : ""}\n${households(feature)}`;
  return new Style({
    text: textStyle(lines, { size: level >= 16.5 ? 14 : 12, weight: 600 }),
    zIndex: 10,
  });
}

/** Frame the micro-grid that the reader points at or has chosen. */
export function frameStyle(isChosen) {
  return [
    new Style({ stroke: new Stroke({ color: "rgba(255,255,255,0.9)", width: 6 }) }),
    new Style({
      stroke: new Stroke({ color: isChosen ? palette.ACCENT : palette.INK, width: 3 }),
      fill: new Fill({ color: isChosen ? "rgba(15,111,184,0.12)" : "rgba(31,41,51,0.06)" }),
      zIndex: 1,
    }),
  ];
}

/** Ring the spot of the micro-grid that is chosen: one on upper floors has no ground to frame. */
export function ringStyle() {
  return new Style({
    image: new ol.style.Circle({
      radius: 26,
      stroke: new Stroke({ color: palette.ACCENT, width: 2.5 }),
    }),
  });
}

/** Number the households of a building when the street is near. */
export function buildingNameStyle(feature, resolution) {
  if (zoomOf(resolution) < 17) return null;
  const name = feature.get("name") || "";
  const lines = [name, Number(feature.get("households")) ? households(feature) : ""].filter(Boolean).join("\n");
  return lines ? new Style({ text: textStyle(lines, { size: 12 }), zIndex: 3 }) : null;
}
