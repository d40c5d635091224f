/** The map of the public page: published cells in their class; no base map, which is for staff. */

import { fillOf } from "./heat_classes.js";
import { ACCENT, INK, PAPER, TYPE } from "./palette.js";

const { Fill, Stroke, Style, Text } = ol.style;
const GEOJSON = new ol.format.GeoJSON();
const PROJECTED = { featureProjection: "EPSG:3857" };
const NAMED_BELOW_M_PER_PX = 14;

function styleOf(fills, chosen) {
  const stroke = new Stroke({ color: "rgba(82,96,109,0.7)", width: 1 });
  return (feature, resolution) => {
    const kind = feature.get("kind");
    fills[kind] ||= new Fill({ color: fillOf(kind, "e6") });
    const text =
      resolution < NAMED_BELOW_M_PER_PX && feature.get("label")
        ? new Text({
            text: feature.get("label"),
            font: `600 12px ${TYPE}`,
            fill: new Fill({ color: INK }),
            stroke: new Stroke({ color: PAPER, width: 4 }),
            overflow: false,
          })
        : undefined;
    const styles = [new Style({ fill: fills[kind], stroke, text })];
    if (feature.get("key") === chosen.key) {
      styles.push(new Style({ stroke: new Stroke({ color: ACCENT, width: 3 }), zIndex: 2 }));
    }
    return styles;
  };
}

/** Make the map in `place`; `pointed` gets the row under the pointer and the pixel, or null. */
export function makePublicMap(place, { pointed }) {
  const chosen = { key: null };
  const source = new ol.source.Vector();
  const layer = new ol.layer.Vector({ source, style: styleOf({}, chosen), declutter: true });
  const map = new ol.Map({ target: place, layers: [layer], controls: ol.control.defaults.defaults({ attribution: false }) });
  const rowAt = (event) => map.forEachFeatureAtPixel(event.pixel, (feature) => feature.get("row")) || null;
  const tell = (event) => {
    if (event.dragging) return;
    const row = rowAt(event);
    mark(row && row.key);
    pointed(row, event.pixel);
  };
  function mark(key) {
    if (chosen.key === key) return;
    chosen.key = key;
    layer.changed();
  }
  map.on("pointermove", tell);
  map.on("click", tell);
  return {
    map,
    mark,
    /** Show rows: each has `key`, `kind`, `label` and `geometry` (GeoJSON or null). */
    show(rows, { moves = false } = {}) {
      source.clear();
      source.addFeatures(
        rows
          .filter((row) => row.geometry)
          .map((row) => {
            const feature = new ol.Feature(GEOJSON.readGeometry(row.geometry, PROJECTED));
            feature.setProperties({ row, key: row.key, kind: row.kind, label: row.label });
            return feature;
          }),
      );
      if (moves && source.getFeatures().length) {
        map.getView().fit(source.getExtent(), { padding: [16, 16, 16, 16] });
      }
    },
  };
}
