/** The map on a building's page: the building itself, framed. */

import { makeMap } from "./map.js";
import { page } from "./page_data.js";
import { ACCENT } from "./palette.js";

const { Fill, Stroke, Style } = ol.style;

const view = makeMap(document.getElementById("map"), { marksAddress: false });
const reader = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" });
const outline = reader.readFeature({ type: "Feature", geometry: page.building.geometry, properties: {} });
view.map.addLayer(
  new ol.layer.Vector({
    source: new ol.source.Vector({ features: [outline] }),
    zIndex: 25,
    style: new Style({
      stroke: new Stroke({ color: ACCENT, width: 3 }),
      fill: new Fill({ color: "rgba(15,111,184,0.18)" }),
    }),
  }),
);
view.map.getView().fit(outline.getGeometry(), { padding: [60, 60, 60, 60], maxZoom: 18 });
