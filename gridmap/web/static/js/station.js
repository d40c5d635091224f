/** Page of a station: how far one walks from it in 5, 10 and 15 minutes. */

import { ask, orShow } from "./api.js";
import { fitTo, makeMap } from "./map.js";
import { page } from "./page_data.js";
import { ACCENT } from "./palette.js";

const { Circle, Fill, Stroke, Style } = ol.style;
const SHADES = ["rgba(15,111,184,0.34)", "rgba(15,111,184,0.2)", "rgba(15,111,184,0.1)"];
const PROJECTED = { featureProjection: "EPSG:3857" };
const { lon, lat, code } = page.station;
const view = makeMap(document.getElementById("map"), { marksAddress: false });
view.cells.setVisible(false);
view.cellNames.setVisible(false);

const reached = new ol.layer.Vector({
  source: new ol.source.Vector(),
  zIndex: 13,
  style: (feature) =>
    new Style({
      fill: new Fill({ color: SHADES[feature.get("place")] }),
      stroke: new Stroke({ color: ACCENT, width: 1.5 }),
    }),
});
const here = new ol.layer.Vector({
  source: new ol.source.Vector({ features: [new ol.Feature(new ol.geom.Point(ol.proj.fromLonLat([lon, lat])))] }),
  zIndex: 50,
  style: new Style({
    image: new Circle({ radius: 9, fill: new Fill({ color: ACCENT }), stroke: new Stroke({ color: "#fff", width: 3 }) }),
  }),
});
view.map.addLayer(reached);
view.map.addLayer(here);
fitTo(view.map, [lon, lat, lon, lat], { duration: 0, maxZoom: 16 });

if (page.may_measure) {
  await orShow(document.getElementById("fault"), async () => {
    const found = await ask(`/stations/${encodeURIComponent(code)}/isochrones`);
    const features = new ol.format.GeoJSON(PROJECTED).readFeatures(found);
    for (const [place, feature] of features.entries()) feature.set("place", place);
    reached.getSource().addFeatures(features);
    if (!features.length) return;
    const bounds = ol.proj.transformExtent(reached.getSource().getExtent(), "EPSG:3857", "EPSG:4326");
    fitTo(view.map, bounds, { duration: 0 });
  });
}
