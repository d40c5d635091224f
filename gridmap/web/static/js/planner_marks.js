/** What the panel speaks of, on the map: findings, new buildings with their way home, what publishing changes. */

import { textStyle } from "./base_style.js";
import { microGridNameStyle, microGridStyle, shortCode } from "./grid_style.js";
import { count, say } from "./page_data.js";
import * as palette from "./palette.js";

const { Circle, Fill, Stroke, Style } = ol.style;
const MARK_DOWN = [0, -27]; // below the two lines of a micro-grid's label
const SHOWN_FROM = 13.5;

/** Colour, fill and sign of each kind of change; the sign says it without the colour. */
export const CHANGES = {
  created: { colour: palette.UNDER, fill: "rgba(0,114,178,0.34)", sign: "+" },
  changed: { colour: palette.OVER, fill: "rgba(230,159,0,0.38)", sign: "±" },
  retired: { colour: palette.INK_2, fill: "rgba(82,96,109,0.3)", sign: "−" },
};

const unchanged = new Style({
  fill: new Fill({ color: "rgba(250,250,247,0.45)" }),
  stroke: new Stroke({ color: palette.OUTLINE, width: 1 }),
});
const changedStyles = Object.fromEntries(
  Object.entries(CHANGES).map(([kind, { colour, fill }]) => [
    kind,
    new Style({ fill: new Fill({ color: fill }), stroke: new Stroke({ color: colour, width: 2.5 }), zIndex: 2 }),
  ]),
);
const lit = new Style({
  fill: new Fill({ color: "rgba(15,111,184,0.45)" }),
  stroke: new Stroke({ color: palette.ACCENT, width: 2.5 }),
});

function sign(colour, text, displacement = [0, 0]) {
  return new Style({
    image: new Circle({
      radius: 9,
      displacement,
      fill: new Fill({ color: colour }),
      stroke: new Stroke({ color: "#fff", width: 2 }),
    }),
    text: textStyle(text, { size: 13, weight: 700, colour: "#fff", stroke: null, offsetY: -displacement[1] }),
  });
}

const SIGNS = {
  blocking: sign(palette.OVER, "!", MARK_DOWN),
  waived: sign(palette.INK_2, "✓", MARK_DOWN),
  building: sign(palette.ACCENT, "+"),
};
const wayHome = [
  new Style({ stroke: new Stroke({ color: "rgba(255,255,255,0.9)", width: 5 }) }),
  new Style({ stroke: new Stroke({ color: palette.ACCENT, width: 2, lineDash: [6, 5] }) }),
];

function style(feature) {
  const kind = feature.get("kind");
  if (kind === "way") return wayHome;
  if (kind !== "retired") return SIGNS[kind];
  const words = `${CHANGES.retired.sign} ${shortCode(feature.get("code"))}`;
  return new Style({ text: textStyle(words, { size: 12, weight: 600, colour: palette.INK_2 }) });
}

const at = ({ lon, lat }) => ol.proj.fromLonLat([lon, lat]);
const dot = (kind, place, more = {}) => new ol.Feature({ kind, geometry: new ol.geom.Point(at(place)), ...more });

/** Name a micro-grid with the sign of its change before its short code. */
function changeNames(changes) {
  return (feature, resolution) => {
    const change = changes.get(feature.get("code"));
    if (!change) return null;
    const plain = microGridNameStyle(feature, resolution);
    const households = say("pages.households_short", { count: count(feature.get("households")) });
    const words = `${CHANGES[change].sign} ${shortCode(feature.get("code"))}\n${households}`;
    return plain && new Style({ text: textStyle(words, { size: 12, weight: 600 }), zIndex: 10 });
  };
}

/** Bring the marks to life; `clicked(feature)` is called for one that is clicked. */
export function startMarks(view, { clicked }) {
  const source = new ol.source.Vector();
  const over = new ol.source.Vector();
  const marks = new ol.layer.Vector({ source, style, zIndex: 45, minZoom: SHOWN_FROM });
  const ids = { lit: new Set() };
  const buildings = new ol.layer.VectorTile({
    source: view.sources.buildings,
    zIndex: 22,
    minZoom: SHOWN_FROM,
    style: (feature) => (ids.lit.has(Number(feature.getId())) ? lit : null),
  });
  view.map.addLayer(marks);
  view.map.addLayer(buildings);
  view.map.addLayer(new ol.layer.Vector({ source: over, style, zIndex: 46, declutter: true }));
  view.map.on("singleclick", (event) => {
    const hit = view.map.forEachFeatureAtPixel(event.pixel, (feature) => feature, {
      layerFilter: (layer) => layer === marks,
      hitTolerance: 4,
    });
    if (hit) clicked(hit);
  });

  return {
    /** Mark places: `{kind, lon, lat, key}`, and for a building the `home` it is offered. */
    show(places) {
      const ways = places.filter((place) => place.home);
      source.clear();
      source.addFeatures([
        ...ways.map(
          (place) => new ol.Feature({ kind: "way", geometry: new ol.geom.LineString([at(place), at(place.home)]) }),
        ),
        ...places.map((place) => dot(place.kind, place, { key: place.key })),
      ]);
    },
    /** Light buildings up by id. */
    light(buildingIds) {
      ids.lit = new Set(buildingIds);
      buildings.changed();
    },
    /** Draw micro-grids by what becomes of them (code -> change), and where the retired ones were; null = as ever. */
    showChanges(changes, retired = []) {
      marks.setVisible(changes === null);
      over.clear();
      if (changes === null) {
        view.cells.setStyle(microGridStyle);
        view.cellNames.setStyle(microGridNameStyle);
        return;
      }
      over.addFeatures(retired.map((cell) => dot("retired", cell, { code: cell.code })));
      view.cells.setStyle((feature, resolution) => {
        if (microGridStyle(feature, resolution) === null) return null;
        return changedStyles[changes.get(feature.get("code"))] ?? unchanged;
      });
      view.cellNames.setStyle(changeNames(changes));
    },
  };
}
