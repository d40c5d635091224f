/** The map of the lists: needs as rings, resources filled, projects as squares; lines lead to what fits. */

import * as palette from "./palette.js";
import { fitTo, makeMap } from "./map.js";

const { Circle, Fill, RegularShape, Stroke, Style } = ol.style;
const white = new Stroke({ color: "#fff", width: 2 });
const DONE = "#007a59";
const STYLES = {
  need: new Style({ image: new Circle({ radius: 6, fill: new Fill({ color: "#fff" }), stroke: new Stroke({ color: palette.OVER, width: 3 }) }), zIndex: 3 }),
  resource: new Style({ image: new Circle({ radius: 7, fill: new Fill({ color: DONE }), stroke: white }), zIndex: 2 }),
  project: new Style({ image: new RegularShape({ points: 4, angle: Math.PI / 4, radius: 8, fill: new Fill({ color: palette.ACCENT }), stroke: white }), zIndex: 1 }),
};
const LINE = new Style({ stroke: new Stroke({ color: palette.INK, width: 2, lineDash: [6, 4] }), zIndex: 0 });
const pointOf = (row) => ol.proj.fromLonLat([row.lon, row.lat]);

function boundsOf(rows) {
  const lons = rows.map((row) => row.lon);
  const lats = rows.map((row) => row.lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** Make the map; `chosen(id)` when an entry is clicked. */
export function listingsMap(target, chosen) {
  const view = makeMap(target);
  view.cells.setOpacity(0.4);
  const source = new ol.source.Vector();
  const lines = new ol.source.Vector();
  const layer = new ol.layer.Vector({ source, zIndex: 50 });
  view.map.addLayer(new ol.layer.Vector({ source: lines, style: LINE, zIndex: 49 }));
  view.map.addLayer(layer);
  let isPlaced = new URLSearchParams(window.location.search).has("at");
  view.map.on("singleclick", (event) => {
    const feature = view.map.forEachFeatureAtPixel(event.pixel, (one) => one, { layerFilter: (one) => one === layer, hitTolerance: 6 });
    if (feature) chosen(feature.get("listing"));
  });
  return {
    show(rows) {
      source.clear();
      lines.clear();
      for (const row of rows) {
        const feature = new ol.Feature({ geometry: new ol.geom.Point(pointOf(row)), listing: row.id });
        feature.setStyle(STYLES[row.list]);
        source.addFeature(feature);
      }
      target.dataset.listings = String(rows.length);
      if (isPlaced || !rows.length) return;
      isPlaced = true;
      fitTo(view.map, boundsOf(rows), { duration: 0, padding: [60, 60, 60, 60] });
    },
    /** Draw lines from an entry to what fits it, and show all of them. */
    join(row, matches) {
      lines.clear();
      for (const match of matches) lines.addFeature(new ol.Feature(new ol.geom.LineString([pointOf(row), pointOf(match)])));
      target.dataset.lines = String(matches.length);
      fitTo(view.map, boundsOf([row, ...matches]), { padding: [80, 80, 80, 80] });
    },
  };
}
