/** The map of orders: open ones as rings, claimed ones filled, done ones as squares; the shape tells before the colour. */

import * as palette from "./palette.js";
import { fitTo, makeMap } from "./map.js";

const { Circle, Fill, RegularShape, Stroke, Style } = ol.style;
const NEAR_ZOOM = 17;
const white = new Stroke({ color: "#fff", width: 2 });
const square = (color) => new Style({ image: new RegularShape({ points: 4, angle: Math.PI / 4, radius: 8, fill: new Fill({ color }), stroke: white }), zIndex: 1 });
const STYLES = {
  open: new Style({ image: new Circle({ radius: 6, fill: new Fill({ color: "#fff" }), stroke: new Stroke({ color: palette.OVER, width: 3 }) }), zIndex: 3 }),
  claimed: new Style({ image: new Circle({ radius: 7, fill: new Fill({ color: palette.ACCENT }), stroke: white }), zIndex: 2 }),
  done: square("#007a59"),
  confirmed: square(palette.INK_2),
  withdrawn: square(palette.RAIL),
};

/** Make the map; `chosen(id)` when an order is clicked. */
export function ordersMap(target, chosen) {
  const view = makeMap(target);
  view.cells.setOpacity(0.4);
  const source = new ol.source.Vector();
  const layer = new ol.layer.Vector({ source, zIndex: 50 });
  view.map.addLayer(layer);
  let isPlaced = new URLSearchParams(window.location.search).has("at");
  view.map.on("singleclick", (event) => {
    const feature = view.map.forEachFeatureAtPixel(event.pixel, (one) => one, { layerFilter: (one) => one === layer, hitTolerance: 6 });
    if (feature) chosen(feature.get("order"));
  });
  return {
    show(rows) {
      source.clear();
      for (const row of rows) {
        const feature = new ol.Feature({ geometry: new ol.geom.Point(ol.proj.fromLonLat([row.lon, row.lat])), order: row.id });
        feature.setStyle(STYLES[row.state]);
        source.addFeature(feature);
      }
      target.dataset.orders = String(rows.length);
      if (isPlaced || !rows.length) return;
      isPlaced = true;
      const lons = rows.map((row) => row.lon);
      const lats = rows.map((row) => row.lat);
      fitTo(view.map, [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { duration: 0, padding: [60, 60, 60, 60] });
    },
    /** Go to the place of an order. */
    go({ id, lon, lat }) {
      view.map.getView().setCenter(ol.proj.fromLonLat([lon, lat]));
      view.map.getView().setZoom(Math.max(view.map.getView().getZoom() || 0, NEAR_ZOOM));
      chosen(id);
    },
  };
}
