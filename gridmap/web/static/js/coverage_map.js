/** What lies on the map of coverage: areas by share, places not covered, and how far one walks from a station. */

import { colourOf, classOf } from "./coverage_scale.js";
import { ACCENT, INK, hatch } from "./palette.js";

const { Circle, Fill, Stroke, Style } = ol.style;
const GEOJSON = new ol.format.GeoJSON();
const PROJECTED = { featureProjection: "EPSG:3857" };
const REACHED = ["rgba(15,111,184,0.34)", "rgba(15,111,184,0.2)", "rgba(15,111,184,0.1)"];

function layer(view, zIndex, style) {
  const made = new ol.layer.Vector({ source: new ol.source.Vector(), zIndex, style });
  view.map.addLayer(made);
  return made;
}

function areaStyles() {
  const stroke = new Stroke({ color: "rgba(148,57,11,0.6)", width: 1 });
  const filled = [0, 1, 2, 3, 4].map((number) => {
    return new Style({ fill: new Fill({ color: `${colourOf(number)}8c` }), stroke });
  });
  const nothing = new Style({ fill: new Fill({ color: hatch() }), stroke });
  return (feature) => {
    const number = classOf(feature.get("covered"));
    return number === null ? nothing : filled[number];
  };
}

function gapStyles() {
  const fill = new Fill({ color: "#1f2933" });
  const dot = new Style({ image: new Circle({ radius: 3.5, fill, stroke: new Stroke({ color: "#fff", width: 1 }) }) });
  const ground = new Style({
    fill: new Fill({ color: "rgba(31,41,51,0.55)" }),
    stroke: new Stroke({ color: INK, width: 1.5 }),
  });
  const chosen = new Style({
    image: new Circle({ radius: 8, stroke: new Stroke({ color: ACCENT, width: 3 }) }),
    stroke: new Stroke({ color: ACCENT, width: 4 }),
    zIndex: 2,
  });
  return (feature) => {
    const own = feature.getGeometry().getType() === "Point" ? dot : ground;
    return feature.get("chosen") ? [own, chosen] : own;
  };
}

/** Add the layers to the map of `view`. */
export function coverageLayers(view) {
  const areas = layer(view, 12, areaStyles());
  const reached = layer(view, 13, (feature) => {
    return new Style({
      fill: new Fill({ color: REACHED[feature.get("place")] }),
      stroke: new Stroke({ color: ACCENT, width: 1.5 }),
    });
  });
  const gaps = layer(view, 22, gapStyles());
  const replace = (one, features) => {
    one.getSource().clear();
    one.getSource().addFeatures(features);
  };
  return {
    areas,
    gaps,
    /** Show areas (GeoJSON) in the class of `shares` (code -> share or null). */
    showAreas(collection, shares) {
      const features = GEOJSON.readFeatures(collection, PROJECTED);
      for (const feature of features) feature.set("covered", shares.get(feature.get("code")) ?? null);
      replace(areas, features);
    },
    /** Show the places that are not covered: their ground where the answer has it, else a point. */
    showGaps(rows) {
      replace(
        gaps,
        rows.map((row) => {
          const geometry = row.geometry || { type: "Point", coordinates: [row.lon, row.lat] };
          const feature = GEOJSON.readFeature({ type: "Feature", id: row.place_id, geometry, properties: {} }, PROJECTED);
          feature.set("row", row);
          return feature;
        }),
      );
    },
    choose(id) {
      for (const feature of gaps.getSource().getFeatures()) {
        if (Boolean(feature.get("chosen")) !== (feature.getId() === id)) feature.set("chosen", feature.getId() === id);
      }
    },
    /** Show what is reached on foot (GeoJSON, from the nearest to the farthest); nothing for null. */
    showReached(collection) {
      const features = collection ? GEOJSON.readFeatures(collection, PROJECTED) : [];
      for (const [place, feature] of features.entries()) feature.set("place", place);
      replace(reached, features);
    },
  };
}
