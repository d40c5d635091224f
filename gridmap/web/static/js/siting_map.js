/** The map of sites: stations that stand, those proposed by number, and homes by whether they are reached. */

import { textStyle } from "./base_style.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { count, say } from "./page_data.js";
import * as palette from "./palette.js";

const { Circle, Fill, RegularShape, Stroke, Style } = ol.style;
const WIDE_PX = 800;
const LEGEND_PX = 260; // what the legend covers
const NEAR_ZOOM = 16;

const outline = new Stroke({ color: "#fff", width: 1 });
const dot = (colour, stroke = outline) => new Style({ image: new Circle({ radius: 4, fill: new Fill({ color: colour }), stroke }) });

/** How a home is drawn; the sign stands in the legend, the shape on the map. */
const HOMES = {
  present: dot("#007a59"),
  new: new Style({
    image: new RegularShape({ points: 3, radius: 7, fill: new Fill({ color: "#e07b00" }), stroke: outline }),
    zIndex: 2,
  }),
  open: dot("#ffffff", new Stroke({ color: palette.INK_2, width: 1.5 })),
  unreachable: new Style({
    image: new RegularShape({ points: 4, radius: 5, radius2: 0, angle: Math.PI / 4, stroke: new Stroke({ color: palette.INK_2, width: 1.5 }) }),
  }),
};

const standing = new Style({
  image: new RegularShape({ points: 4, radius: 8, angle: Math.PI / 4, fill: new Fill({ color: palette.INK }), stroke: outline }),
});

const own = new Style({
  image: new RegularShape({ points: 4, radius: 8, radius2: 0, fill: undefined, stroke: new Stroke({ color: "#0b5690", width: 3 }) }),
});

/** A site with its number, and below what it brings more than what stands today. */
function siteStyle(feature) {
  const isChosen = feature.get("chosen");
  const gain = say("siting.gain_on_map", { count: count(feature.get("gain")) });
  const below = new Style({ text: textStyle(gain, { size: 12, weight: 600, colour: "#0b5690", offsetY: 24 }) });
  const numbered = new Style({
    image: new Circle({
      radius: isChosen ? 16 : 13,
      fill: new Fill({ color: "#0b5690" }),
      stroke: new Stroke({ color: isChosen ? "#e07b00" : "#fff", width: isChosen ? 4 : 2 }),
    }),
    text: textStyle(String(feature.get("number")), { size: 13, weight: 600, colour: "#fff", stroke: undefined }),
  });
  return [below, numbered];
}

function layer(style, zIndex) {
  const source = new ol.source.Vector();
  return { source, layer: new ol.layer.Vector({ source, style, zIndex }) };
}

const spot = ({ lon, lat }) => new ol.geom.Point(ol.proj.fromLonLat([lon, lat]));

/**
 * Make the map.
 *
 * @param {HTMLElement} target
 * @param {{clicked: function(number), placed: function(number[]), removed: function(number)}} calls with the
 *   number of a site; with longitude and latitude of an empty place; with the row of a place of one's own
 * @returns {{show, clear, choose, fit, showOwn}}
 */
export function makeSitingMap(target, { clicked, placed, removed }) {
  const view = makeMap(target);
  const hidden = [view.sources.micro_grids, view.sources.micro_grid_names, view.sources.stations];
  for (const one of view.map.getLayers().getArray()) if (hidden.includes(one.getSource())) one.setVisible(false);
  const homes = layer((feature) => HOMES[feature.get("state")], 12);
  const stations = layer(standing, 50); // above the names of areas
  const sites = layer(siteStyle, 51);
  const all = [homes, stations, sites];
  const places = layer(own, 49);
  for (const one of [...all, places]) view.map.addLayer(one.layer);

  function clear() {
    for (const one of all) one.source.clear();
  }

  onPoint(view.map, [sites.layer, places.layer], {
    pointed: () => {},
    clicked: (feature, event) => {
      if (!feature) placed(ol.proj.toLonLat(event.coordinate));
      else if (feature.get("row") === undefined) clicked(feature.get("number"));
      else removed(feature.get("row"));
    },
  });
  return {
    map: view.map,
    clear,
    fit(bounds) {
      const [width] = view.map.getSize();
      fitTo(view.map, bounds, { maxZoom: 17, padding: [40, 40, 40, width > WIDE_PX ? LEGEND_PX : 40] });
    },
    /** Draw the places of one's own that are candidates. */
    showOwn(points) {
      places.source.clear();
      places.source.addFeatures(points.map((point, row) => new ol.Feature({ geometry: spot(point), row })));
    },
    /** Draw an answer. */
    show(found) {
      clear();
      const features = (rows, more) => rows.map((row) => new ol.Feature({ geometry: spot(row), ...more(row) }));
      homes.source.addFeatures(features(found.demands, ({ state }) => ({ state })));
      stations.source.addFeatures(features(found.present, ({ name }) => ({ name })));
      sites.source.addFeatures(features(found.sites, ({ number, gain }) => ({ number, gain: gain.households, chosen: false })));
    },
    /** Light up a site and go there. */
    choose(number, { go = false } = {}) {
      for (const one of sites.source.getFeatures()) one.set("chosen", one.get("number") === number);
      const found = sites.source.getFeatures().find((one) => one.get("number") === number);
      if (!go || !found) return;
      const zoom = Math.max(view.map.getView().getZoom(), NEAR_ZOOM);
      view.map.getView().setCenter(found.getGeometry().getCoordinates());
      view.map.getView().setZoom(zoom);
    },
  };
}
