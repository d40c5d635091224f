/** Styles of the editor: buildings in the hue of their micro-grid, marks that say a status without a colour. */

import { textStyle, zoomOf } from "./base_style.js";
import { MARKS } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { count, say } from "./page_data.js";
import * as palette from "./palette.js";

const { Fill, Icon, Stroke, Style } = ol.style;
const FAULT = "#a4262c";
const BAND_PX = 7;
const HOUSEHOLD_ZOOM = 16.4;
const BUILDING_NAME_ZOOM = 17.8;
const NAME_ZOOM = 14.8;
const LOCK =
  "data:image/svg+xml;utf8," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect x="3" y="7" width="10" height="7" rx="1.5" fill="#1f2933"/><path d="M5 7V5a3 3 0 0 1 6 0v2" fill="none" stroke="#1f2933" stroke-width="1.8"/></svg>',
  );
const kept = new Map();

function once(key, build) {
  if (!kept.has(key)) kept.set(key, build());
  return kept.get(key);
}

/** Stripe a building that lies in several micro-grids; -1 stands for none. */
function stripes(colours) {
  const tile = document.createElement("canvas");
  const size = BAND_PX * colours.length;
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d");
  colours.forEach((colour, at) => {
    pen.fillStyle = colour < 0 ? "#ffffff" : palette.softHue(colour, 0.95);
    for (const shift of [0, -size, size]) {
      pen.beginPath();
      const left = at * BAND_PX + shift;
      pen.moveTo(left, 0);
      pen.lineTo(left + BAND_PX, 0);
      pen.lineTo(left + BAND_PX - size, size);
      pen.lineTo(left - size, size);
      pen.fill();
    }
  });
  return pen.createPattern(tile, "repeat");
}

/** Lines on a ground: said by the pattern, whatever the eye makes of the hue. */
function hatched(ground, line) {
  const tile = document.createElement("canvas");
  [tile.width, tile.height] = [8, 8];
  const pen = tile.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = line;
  pen.lineWidth = 1.6;
  pen.beginPath();
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift - 1, 9);
    pen.lineTo(shift + 9, -1);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

/** A locked building is hatched and outlined in ink, its lock in the middle. */
function lockedOver() {
  return once("locked building", () => [
    new Style({
      fill: new Fill({ color: hatched("rgba(255,255,255,0.05)", "rgba(31,41,51,0.5)") }),
      stroke: new Stroke({ color: palette.INK, width: 2.2, lineDash: [7, 3] }),
      zIndex: 1,
    }),
  ]);
}

const lockedIcon = (feature) =>
  new Style({
    geometry: () => new ol.geom.Point(ol.extent.getCenter(feature.getGeometry().getExtent())),
    image: new Icon({ src: LOCK, displacement: [0, 14] }),
    zIndex: 3,
  });

function buildingGround({ colours, isWaiting }) {
  const isOpen = colours.includes(-1);
  const [first] = colours;
  const fill =
    colours.length > 1 ? stripes(colours) : first < 0 ? "rgba(255,255,255,0.85)" : palette.softHue(first, 0.9);
  return new Style({
    fill: new Fill({ color: fill }),
    stroke: new Stroke({
      color: isOpen ? palette.INK : palette.HUES[first % 6].dark,
      width: isOpen || isWaiting ? 2 : 1,
      lineDash: isOpen ? [4, 3] : isWaiting ? [1, 3] : undefined,
    }),
  });
}

/** Draw a building by where its atoms lie. */
export function buildingStyle(feature, resolution) {
  const look = feature.get("look");
  const ground = once(look.key, () => buildingGround(look));
  if (!look.isLocked) return ground;
  const over = [ground, ...lockedOver()];
  return zoomOf(resolution) < HOUSEHOLD_ZOOM ? over : [...over, lockedIcon(feature)];
}

/** Count the households of a building when near; from the street also its name. */
export function buildingNameStyle(feature, resolution) {
  const zoom = zoomOf(resolution);
  const { households, estimated, stacked, name, isOpen } = feature.get("look");
  if (zoom < HOUSEHOLD_ZOOM || (!households && zoom < BUILDING_NAME_ZOOM)) return null;
  const marks = `${isOpen ? "? " : ""}${stacked ? `${MARKS.stacked} ` : ""}`;
  const sum = households ? `${marks}${count(households)}${estimated ? "*" : ""}` : "";
  const text = zoom < BUILDING_NAME_ZOOM ? sum : [name, sum].filter(Boolean).join("\n");
  return text ? new Style({ text: textStyle(text, { size: 12, colour: palette.INK_2 }), zIndex: 1 }) : null;
}

/** Fill the land of a micro-grid. */
export function landStyle(feature) {
  const { colour } = feature.get("micro");
  return once(
    `land ${colour}`,
    () =>
      new Style({
        fill: new Fill({ color: palette.softHue(colour, 0.3) }),
        stroke: new Stroke({ color: palette.HUES[colour % 6].dark, width: 1.5 }),
      }),
  );
}

/** Write households with the mark of their status: `72户 ✓`. */
export function sumText(micro) {
  const sum = say("pages.households_short", { count: count(micro.households) });
  return `${sum}${micro.households_estimated ? "*" : ""} ${MARKS[micro.status] ?? MARKS.finding}`;
}

/** Label a micro-grid: short code over households and status, with marks for stacked, broken apart, locked. */
export function nameStyle(feature, resolution) {
  const zoom = zoomOf(resolution);
  const micro = feature.get("micro");
  if (zoom < NAME_ZOOM) {
    if (micro.status === "in_band" && micro.pieces < 2) return null;
    return new Style({ text: textStyle(MARKS[micro.status] ?? MARKS.finding, { size: 16, weight: 600 }) });
  }
  const marks = `${micro.stacked ? ` ${MARKS.stacked}` : ""}${micro.pieces > 1 ? ` ${MARKS.finding}` : ""}`;
  const text = textStyle(`${shortCode(micro.code)}${marks}\n${sumText(micro)}`, {
    size: zoom >= 16.5 ? 14 : 12,
    weight: 600,
    colour: { over: palette.OVER, under: palette.UNDER }[micro.status] ?? palette.INK,
  });
  const image = micro.locked ? new Icon({ src: LOCK, displacement: [0, 26] }) : undefined;
  return new Style({ text, image, zIndex: 10 });
}

/** Border of a grid: nothing goes across it. */
export const gridBorder = new Style({
  stroke: new Stroke({ color: "rgba(31,41,51,0.85)", width: 3, lineDash: [10, 6] }),
});

/** A grid to be opened: how it stands by marks, hatched where it needs work; chosen ones are framed. */
export function overviewStyle(feature, resolution, chosen) {
  const zoom = zoomOf(resolution);
  const state = feature.get("state");
  const isGood = state === MARKS.in_band;
  const isChosen = chosen.has(feature.getId());
  const name = zoom > 15 ? `${feature.get("name")}\n` : "";
  const key = `overview ${isGood} ${isChosen} ${name}${state} ${zoom > 12.5}`;
  return once(key, () => {
    const frame = new Style({
      fill: new Fill({ color: isChosen ? "rgba(15,111,184,0.28)" : isGood ? "rgba(0,158,115,0.06)" : strained() }),
      stroke: new Stroke({ color: isChosen ? palette.ACCENT : palette.INK_2, width: isChosen ? 4 : 1.2 }),
      zIndex: isChosen ? 2 : 1,
    });
    if (zoom <= 12.5 && isGood) return [frame];
    const words = `${isChosen ? "☑ " : ""}${name}${state}`;
    const colour = isGood ? palette.INK_2 : palette.OVER;
    return [frame, new Style({ text: textStyle(words, { size: isGood ? 12 : 14, weight: 600, colour }), zIndex: 9 })];
  });
}

function strained() {
  return once("strained", () => hatched("rgba(184,78,0,0.10)", "rgba(184,78,0,0.35)"));
}

const RING = new ol.style.Circle({ radius: 30, stroke: new Stroke({ color: palette.ACCENT, width: 3 }) });

/** Frame of a chosen micro-grid; one on upper floors has no land, so its spot is ringed. */
export const chosenFrame = [
  new Style({ stroke: new Stroke({ color: "#ffffff", width: 7 }) }),
  new Style({ stroke: new Stroke({ color: palette.ACCENT, width: 3.5 }), image: RING, zIndex: 1 }),
];

const LIVE = {
  selected: [
    new Style({ stroke: new Stroke({ color: "#ffffff", width: 6 }) }),
    new Style({
      stroke: new Stroke({ color: palette.INK, width: 3 }),
      fill: new Fill({ color: "rgba(31,41,51,0.16)" }),
      zIndex: 1,
    }),
  ],
  pointed: [new Style({ stroke: new Stroke({ color: palette.ACCENT, width: 2.5 }) })],
  taken: [
    new Style({
      stroke: new Stroke({ color: palette.ACCENT, width: 3 }),
      fill: new Fill({ color: "rgba(15,111,184,0.25)" }),
    }),
  ],
  torn: [
    new Style({ stroke: new Stroke({ color: "#ffffff", width: 6 }), zIndex: 4 }),
    new Style({ stroke: new Stroke({ color: FAULT, width: 3, lineDash: [6, 4] }), zIndex: 5 }),
  ],
  target: [new Style({ stroke: new Stroke({ color: palette.ACCENT, width: 3, lineDash: [8, 4] }) })],
  shape: [
    new Style({ stroke: new Stroke({ color: "#ffffff", width: 5 }), zIndex: 6 }),
    new Style({
      stroke: new Stroke({ color: palette.INK, width: 2, lineDash: [6, 4] }),
      fill: new Fill({ color: "rgba(15,111,184,0.08)" }),
      zIndex: 7,
    }),
  ],
};

function dot(fill, stroke, { lineDash, radius = 9 } = {}) {
  const circle = new ol.style.Circle({
    radius,
    fill: new Fill({ color: fill }),
    stroke: new Stroke({ color: stroke, width: 3, lineDash }),
  });
  return new Style({ image: circle, zIndex: 8 });
}

const LIVE_PARTS = {
  selected_part: dot("rgba(31,41,51,0.35)", palette.INK),
  taken_part: dot("rgba(15,111,184,0.35)", palette.ACCENT),
  torn_part: dot("rgba(255,255,255,0.6)", FAULT, { lineDash: [4, 3], radius: 13 }),
};

/** Draw what follows the pointer, by kind. */
export function liveStyle(feature) {
  const kind = feature.get("kind");
  return LIVE[kind] ?? LIVE_PARTS[kind];
}

/** A part of a broken building, at its own place in the hue of its micro-grid. */
export function partStyle(feature) {
  const colour = feature.get("colour");
  return once(`part ${colour}`, () => {
    const fill = new Fill({ color: colour < 0 ? "#ffffff" : palette.softHue(colour, 1) });
    const stroke = new Stroke({ color: colour < 0 ? palette.INK : palette.HUES[colour % 6].dark, width: 2 });
    return new Style({ image: new ol.style.Circle({ radius: 6, fill, stroke }) });
  });
}
