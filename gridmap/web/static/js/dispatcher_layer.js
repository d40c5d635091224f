/** What the dispatchers' page draws: the asked point, the numbered people on duty, the route of the chosen one. */

import { textStyle } from "./base_style.js";
import * as palette from "./palette.js";

const { Circle, Fill, Stroke, Style } = ol.style;
const FORMAT = { dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" };

function pinStyle() {
  const image = new Circle({
    radius: 8,
    fill: new Fill({ color: palette.OVER }),
    stroke: new Stroke({ color: "#fff", width: 3 }),
  });
  return new Style({ image, zIndex: 3 });
}

function personStyle(number, isChosen) {
  const image = new Circle({
    radius: isChosen ? 14 : 11,
    fill: new Fill({ color: isChosen ? palette.ACCENT : "#fff" }),
    stroke: new Stroke({ color: palette.ACCENT, width: 2 }),
  });
  const text = textStyle(String(number), { weight: 600, colour: isChosen ? "#fff" : palette.INK });
  if (isChosen) text.setStroke(null);
  return new Style({ image, text, zIndex: isChosen ? 5 : 4 });
}

const ROUTE = [
  new Style({ stroke: new Stroke({ color: "#fff", width: 8 }), zIndex: 1 }),
  new Style({ stroke: new Stroke({ color: palette.ACCENT, width: 4 }), zIndex: 2 }),
];

/** Add the layer to `map`. */
export function dutyLayer(map) {
  const source = new ol.source.Vector();
  map.addLayer(new ol.layer.Vector({ source, zIndex: 60 }));
  const state = { point: null, people: [], route: null };

  const marker = (lon, lat, style, values = {}) => {
    const feature = new ol.Feature({ geometry: new ol.geom.Point(ol.proj.fromLonLat([lon, lat])), ...values });
    feature.setStyle(style);
    return feature;
  };

  function draw(chosen) {
    source.clear();
    if (chosen?.route) {
      const way = new ol.Feature(new ol.format.GeoJSON().readGeometry(chosen.route, FORMAT));
      way.setStyle(ROUTE);
      source.addFeature(way);
    }
    state.people.forEach((person, at) => {
      const style = personStyle(at + 1, person === chosen);
      source.addFeature(marker(person.lon, person.lat, style, { code: person.staff_code }));
    });
    if (state.point) source.addFeature(marker(...state.point, pinStyle()));
    map.getTargetElement().dataset.route = chosen?.route ? chosen.staff_code : "";
  }

  return {
    showPoint(point) {
      state.point = point;
      draw(null);
    },
    showPeople(people) {
      state.people = people;
      draw(null);
    },
    choose: draw,
    /** Code of the person drawn at a pixel, else null. */
    codeAt: (pixel) => map.forEachFeatureAtPixel(pixel, (feature) => feature.get("code") || null, {
      layerFilter: (one) => one.getSource() === source,
    }) || null,
  };
}
