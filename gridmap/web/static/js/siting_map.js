/** The map of sites: stations that stand, those proposed by number, and homes by whether they are reached. */

import { textStyle } from "./base_style.js";
import { fitTo, makeMap, onPoint } from "./map.js";
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

function siteStyle(feature) {
  const isChosen = feature.get("chosen");
  return new Style({
    image: new Circle({
      radius: isChosen ? 16 : 13,
      fill: new Fill({ color: "#0b5690" }),
      stroke: new Stroke({ color: isChosen ? "#e07b00" : "#fff", width: isChosen ? 4 : 2 }),
    }),
    text: textStyle(String(feature.get("number")), { size: 13, weight: 600, colour: "#fff", stroke: undefined }),
  });
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
 * @param {{clicked: function(number)}} calls with the number of a site
 * @returns {{show, clear, choose, fit}}
 */
export function makeSitingMap(target, { clicked }) {
  const view = makeMap(target);
  const hidden = [view.sources.micro_grids, view.sources.micro_grid_names, view.sources.stations];
  for (const one of view.map.getLayers().getArray()) if (hidden.includes(one.getSource())) one.setVisible(false);
  const homes = layer((feature) => HOMES[feature.get("state")], 12);
  const stations = layer(standing, 50); // above the names of areas
  const sites = layer(siteStyle, 51);
  const all = [homes, stations, sites];
  for (const one of all) view.map.addLayer(one.layer);

  function clear() {
    for (const one of all) one.source.clear();
  }

  onPoint(view.map, [sites.layer], {
    pointed: () => {},
    clicked: (feature) => feature && clicked(feature.get("number")),
  });
  return {
    map: view.map,
    clear,
    fit(bounds) {
      const [width] = view.map.getSize();
      fitTo(view.map, bounds, { maxZoom: 17, padding: [40, 40, 40, width > WIDE_PX ? LEGEND_PX : 40] });
    },
    /** Draw an answer. */
    show(found) {
      clear();
      const features = (rows, more) => rows.map((row) => new ol.Feature({ geometry: spot(row), ...more(row) }));
      homes.source.addFeatures(features(found.demands, ({ state }) => ({ state })));
      stations.source.addFeatures(features(found.present, ({ name }) => ({ name })));
      sites.source.addFeatures(features(found.sites, ({ number }) => ({ number, chosen: false })));
    },
    /** Light up a site and go there. */
    choose(number, { go = false } = {}) {
      for (const one of sites.source.getFeatures()) one.set("chosen", one.get("number") === number);
      const own = sites.source.getFeatures().find((one) => one.get("number") === number);
      if (!go || !own) return;
      const zoom = Math.max(view.map.getView().getZoom(), NEAR_ZOOM);
      view.map.getView().setCenter(own.getGeometry().getCoordinates());
      view.map.getView().setZoom(zoom);
    },
  };
}
