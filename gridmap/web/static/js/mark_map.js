/** A map with a mark for each row, told by shape before colour; the micro-grids stand faint below. */

import * as palette from "./palette.js";
import { fitTo, makeMap } from "./map.js";

const { Circle, Fill, RegularShape, Stroke, Style } = ol.style;
const CELLS_OPACITY = 0.4;
const edge = (width) => new Stroke({ color: "#fff", width });

export const DONE = "#007a59";
export const pointOf = (row) => ol.proj.fromLonLat([row.lon, row.lat]);

/** What still waits for somebody, on top of all others. */
export function ring({ radius = 6, width = 3 } = {}) {
  const stroke = new Stroke({ color: palette.OVER, width });
  return new Style({ image: new Circle({ radius, fill: new Fill({ color: "#fff" }), stroke }), zIndex: 3 });
}

export function disc(color, { radius = 7, width = 2, zIndex = 2 } = {}) {
  return new Style({ image: new Circle({ radius, fill: new Fill({ color }), stroke: edge(width) }), zIndex });
}

export function square(color, { radius = 8, width = 2, angle = Math.PI / 4, zIndex = 1 } = {}) {
  const image = new RegularShape({ points: 4, angle, radius, fill: new Fill({ color }), stroke: edge(width) });
  return new Style({ image, zIndex });
}

/** Give the box around rows, however many there are. */
export function boundsOf(rows) {
  const least = (name) => rows.reduce((found, row) => Math.min(found, row[name]), Infinity);
  const most = (name) => rows.reduce((found, row) => Math.max(found, row[name]), -Infinity);
  return [least("lon"), least("lat"), most("lon"), most("lat")];
}

/**
 * Make the map; it goes to its first rows unless the address says where to look.
 *
 * @param {HTMLElement} target
 * @param {{styleOf: function, chosen?: function, padding?: number}} options `chosen(id)` when a mark is clicked
 */
export function markMap(target, { styleOf, chosen, padding = 60 }) {
  const { map, cells } = makeMap(target);
  cells.setOpacity(CELLS_OPACITY);
  const source = new ol.source.Vector();
  const layer = new ol.layer.Vector({ source, zIndex: 50 });
  map.addLayer(layer);
  let isPlaced = new URLSearchParams(window.location.search).has("at");
  if (chosen) {
    map.on("singleclick", (event) => {
      const feature = map.forEachFeatureAtPixel(event.pixel, (one) => one, { layerFilter: (one) => one === layer, hitTolerance: 6 });
      if (feature) chosen(feature.get("row"));
    });
  }
  return {
    map,
    show(rows) {
      source.clear();
      for (const row of rows) {
        const feature = new ol.Feature({ geometry: new ol.geom.Point(pointOf(row)), row: row.id });
        feature.setStyle(styleOf(row));
        source.addFeature(feature);
      }
      if (isPlaced || !rows.length) return;
      isPlaced = true;
      fitTo(map, boundsOf(rows), { duration: 0, padding: Array(4).fill(padding) });
    },
  };
}
