/** A plan that is not published yet, drawn from its own tiles over the base map. */

import { microGridNameStyle, microGridStyle, frameStyle } from "./grid_style.js";
import { ask } from "./api.js";

const READER = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" });

/** Add the layer to `map`; it is empty until `show` is called with a plan. */
export function draftLayer(map) {
  const source = new ol.source.Vector();
  const frame = { code: null };
  const framed = frameStyle(true);
  const layer = new ol.layer.Vector({
    source,
    zIndex: 11,
    minZoom: 12,
    style: (feature, resolution) => {
      const ground = microGridStyle(feature, resolution);
      return ground && feature.get("code") === frame.code ? [ground, ...framed] : ground;
    },
  });
  const names = new ol.layer.Vector({
    source,
    zIndex: 42,
    declutter: true,
    minZoom: 14.5,
    style: microGridNameStyle,
  });
  map.addLayer(layer);
  map.addLayer(names);
  return {
    layer,
    choose(code) {
      frame.code = code;
      layer.changed();
    },
    async show(plan) {
      source.clear();
      if (plan === null) return;
      const collection = await ask(`/plans/${plan}/micro-grids.geojson`);
      source.addFeatures(READER.readFeatures(collection));
    },
  };
}
