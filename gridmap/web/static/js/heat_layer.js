/** The heatmap on the map: values joined by code onto the vector tiles, never drawn into them. */

import { classOf } from "./heat_scale.js";
import { HEAT, hatch, INK } from "./palette.js";
import { zoomOf } from "./base_style.js";

const { Fill, Stroke, Style } = ol.style;

const FILLS = HEAT.map((colour) => `${colour}c7`);

function cellStyles(colour) {
  const near = new Stroke({ color: "rgba(148,57,11,0.55)", width: 1 });
  const far = new Stroke({ color: "rgba(250,250,247,0.5)", width: 0.5 });
  return {
    near: new Style({ fill: new Fill({ color: colour }), stroke: near }),
    far: new Style({ fill: new Fill({ color: colour }), stroke: far }),
  };
}

/** Add the two layers of the heatmap (micro-grids, areas) to the map of `view`. */
export function heatLayer(view) {
  const state = { level: "micro_grid", values: new Map(), bounds: [1, 2, 3, 4] };
  const classes = FILLS.map(cellStyles);
  const leftOut = cellStyles(hatch());
  const frame = { code: null };
  const framed = new Style({ stroke: new Stroke({ color: INK, width: 2.5 }), zIndex: 5 });

  function styleOf(feature, resolution) {
    const value = state.values.get(feature.get("code"));
    if (value === undefined) return null;
    const styles = value === null ? leftOut : classes[classOf(value, state.bounds)];
    const style = zoomOf(resolution) >= 13 ? styles.near : styles.far;
    return feature.get("code") === frame.code ? [style, framed] : style;
  }

  const make = (source, zIndex, style) => {
    const layer = new ol.layer.VectorTile({ source, style, zIndex });
    view.map.addLayer(layer);
    return layer;
  };
  const cells = make(view.sources.micro_grids, 12, styleOf);
  const areas = make(view.sources.areas, 12, (feature, resolution) =>
    feature.get("level") === state.level ? styleOf(feature, resolution) : null,
  );
  return {
    layers: [cells, areas],
    /** Show `values` (code -> number, or null for too little data) in the classes of `bounds`. */
    show(level, values, bounds) {
      Object.assign(state, { level, values, bounds });
      cells.setVisible(level === "micro_grid");
      areas.setVisible(level !== "micro_grid");
      (level === "micro_grid" ? cells : areas).changed();
    },
    frame(code) {
      if (frame.code === code) return;
      frame.code = code;
      (state.level === "micro_grid" ? cells : areas).changed();
    },
    valueOf: (code) => state.values.get(code),
  };
}
