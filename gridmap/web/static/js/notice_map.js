/** The map of a notice: each building by what of it is reached, told by shape before colour. */

import * as palette from "./palette.js";
import { make } from "./elements.js";
import { fitTo, makeMap } from "./map.js";
import { count, say } from "./page_data.js";

const { Circle, Fill, RegularShape, Stroke, Style } = ol.style;
const white = new Stroke({ color: "#fff", width: 1.5 });
const CELLS_OPACITY = 0.4;
const DONE = "#007a59";
const STYLES = {
  reached: new Style({ image: new Circle({ radius: 5, fill: new Fill({ color: DONE }), stroke: white }), zIndex: 1 }),
  partly: new Style({ image: new RegularShape({ points: 4, radius: 7, fill: new Fill({ color: palette.ACCENT }), stroke: white }), zIndex: 2 }),
  left: new Style({
    image: new Circle({ radius: 5, fill: new Fill({ color: "#fff" }), stroke: new Stroke({ color: palette.OVER, width: 2.5 }) }),
    zIndex: 3,
  }),
};
const SIGNS = { reached: "●", partly: "◆", left: "○" };
const stateOf = (row) => (row.households_reached >= row.households ? "reached" : row.households_reached ? "partly" : "left");

/** Make the map, with its legend; `show(rows)` draws the buildings. */
export function noticeMap(target, legend) {
  const view = makeMap(target);
  view.cells.setOpacity(CELLS_OPACITY);
  const source = new ol.source.Vector();
  view.map.addLayer(new ol.layer.Vector({ source, zIndex: 50 }));
  let isPlaced = new URLSearchParams(window.location.search).has("at");
  return {
    show(rows) {
      source.clear();
      const counts = { reached: 0, partly: 0, left: 0 };
      for (const row of rows) {
        const feature = new ol.Feature({ geometry: new ol.geom.Point(ol.proj.fromLonLat([row.lon, row.lat])) });
        feature.setStyle(STYLES[stateOf(row)]);
        counts[stateOf(row)] += 1;
        source.addFeature(feature);
      }
      const said = Object.entries(counts).filter(([name, number]) => number || name !== "partly");
      legend.replaceChildren(
        ...said.map(([name, number]) =>
          make("span", {}, make(`span.sign.${name}`, { "aria-hidden": "true" }, SIGNS[name]), ` ${say(`notices.legend_${name}`)} ${count(number)}`),
        ),
      );
      target.dataset.reached = String(counts.reached);
      if (isPlaced || !rows.length) return;
      isPlaced = true;
      const lons = rows.map((row) => row.lon);
      const lats = rows.map((row) => row.lat);
      const least = (values) => values.reduce((one, other) => Math.min(one, other));
      const most = (values) => values.reduce((one, other) => Math.max(one, other));
      fitTo(view.map, [least(lons), least(lats), most(lons), most(lats)], { duration: 0, padding: [40, 40, 40, 40] });
    },
    /** Draw at once for the size of the paper. */
    drawForPrint() {
      view.map.updateSize();
      view.map.renderSync();
    },
  };
}
