/** What the desk's map draws: the issues of the list, the place chosen, and who could go there. */

import * as palette from "./palette.js";
import { dutyLayer } from "./dispatcher_layer.js";
import { fitTo, makeMap } from "./map.js";

const { Circle, Fill, RegularShape, Stroke, Style } = ol.style;
const NEAR_ZOOM = 16.5;
const white = new Stroke({ color: "#fff", width: 2 });
const OPEN = new Style({ image: new Circle({ radius: 6, fill: new Fill({ color: palette.ACCENT }), stroke: white }), zIndex: 1 });
const OVERDUE = new Style({ image: new RegularShape({ points: 3, radius: 9, fill: new Fill({ color: palette.OVER }), stroke: white }), zIndex: 2 });

/** Make the map; `chosen(id)` when an issue is clicked, `pointed(lon, lat)` for any other place. */
export function deskMap(target, { chosen, pointed }) {
  const view = makeMap(target);
  const source = new ol.source.Vector();
  const issues = new ol.layer.Vector({ source, zIndex: 50 });
  view.map.addLayer(issues);
  const duty = dutyLayer(view.map);

  view.map.on("singleclick", (event) => {
    const feature = view.map.forEachFeatureAtPixel(event.pixel, (one) => one, { layerFilter: (layer) => layer === issues, hitTolerance: 4 });
    if (feature) chosen(feature.get("issue"));
    else pointed(ol.proj.toLonLat(event.coordinate));
  });
  target.addEventListener("keydown", (event) => {
    if (event.key === "Enter") pointed(ol.proj.toLonLat(view.map.getView().getCenter()));
  });

  return {
    /** Draw the issues of the list: round, a triangle when overdue. */
    showIssues(rows) {
      source.clear();
      for (const row of rows.filter((one) => one.lon !== null)) {
        const feature = new ol.Feature({ geometry: new ol.geom.Point(ol.proj.fromLonLat([row.lon, row.lat])), issue: row.id });
        feature.setStyle(row.is_overdue ? OVERDUE : OPEN);
        source.addFeature(feature);
      }
      target.dataset.issues = String(source.getFeatures().length);
    },
    /** Mark a place and go there; null takes the mark away. */
    showPlace(point) {
      duty.showPeople([]);
      duty.showPoint(point);
      view.map.updateSize();
      if (!point) return;
      const zoom = Math.max(view.map.getView().getZoom() || 0, NEAR_ZOOM);
      view.map.getView().setZoom(zoom);
      view.map.getView().setCenter(ol.proj.fromLonLat(point));
    },
    /** Draw at once for a size that has changed, with a place in the middle. */
    drawAround(point) {
      view.map.updateSize();
      if (point) view.map.getView().setCenter(ol.proj.fromLonLat(point));
      view.map.renderSync();
    },
    /** Number those who could go, and make room for them and the place. */
    showCandidates(people, point) {
      const placed = (people || []).filter((person) => person.lon !== null);
      duty.showPeople(placed);
      if (!placed.length || !point) return;
      const lons = [point[0], ...placed.map((person) => person.lon)];
      const lats = [point[1], ...placed.map((person) => person.lat)];
      fitTo(view.map, [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: [48, 48, 48, 48] });
    },
  };
}
