/** Page of a post: its postings on the map; those that hold now are filled, the others dashed. */

import { fitTo, makeMap } from "./map.js";
import { page } from "./page_data.js";
import { ACCENT } from "./palette.js";

const { Circle, Fill, Stroke, Style } = ol.style;
const view = makeMap(document.getElementById("map"), { marksAddress: false });
const reader = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" });
const features = page.postings.map(({ geometry, state }) =>
  reader.readFeature({ type: "Feature", geometry, properties: { state } }),
);

function styleOf(feature) {
  const isNow = feature.get("state") === "now";
  const fill = new Fill({ color: isNow ? "rgba(15,111,184,0.2)" : "rgba(0,0,0,0)" });
  const stroke = new Stroke({ color: ACCENT, width: isNow ? 3 : 2, lineDash: isNow ? undefined : [6, 6] });
  return new Style({ fill, stroke, image: new Circle({ radius: 9, fill, stroke }) });
}

const layer = new ol.layer.Vector({ source: new ol.source.Vector({ features }), zIndex: 25, style: styleOf });
view.map.addLayer(layer);
if (features.length) {
  const bounds = ol.proj.transformExtent(layer.getSource().getExtent(), "EPSG:3857", "EPSG:4326");
  fitTo(view.map, bounds, { duration: 0, padding: [48, 48, 48, 48] });
}
