/** One side of the officials' page: a map with its heatmap, its caption and its tip. */

import { heatLayer } from "./heat_layer.js";
import { figureOf, kindOf } from "./heat_scale.js";
import { makeMap, onPoint } from "./map.js";
import { tellCell } from "./officials_tip.js";

const TIP = [260, 150]; // room that a tip takes, pixels

/**
 * Make a side in the elements `map`, `caption`, `tip` + `suffix`.
 *
 * @param {{suffix?: string, linked?: object, pointed: Function, picked: Function}} options `linked` is a map to
 *   move with; `pointed` gets the code under the pointer, `picked` the row that was clicked and what is shown
 */
export function makeSide({ suffix = "", linked = null, pointed, picked }) {
  const element = (id) => document.getElementById(id + suffix);
  const tip = element("tip");
  const view = makeMap(element("map"), { marksAddress: !linked });
  if (linked) view.map.setView(linked.getView());
  view.cells.setVisible(false);
  view.cellNames.setVisible(false);
  view.map.getLayers().forEach((layer) => {
    if (layer.getSource() === view.sources.stations) layer.setVisible(false);
  });
  const heat = heatLayer(view);
  let shown = { rows: new Map(), layer: "counts", level: "micro_grid" };

  function moveTip(feature, event) {
    const row = feature && shown.rows.get(feature.get("code"));
    pointed(row ? row.code : null);
    tip.hidden = !row;
    if (!row) return;
    tellCell(tip, row, shown);
    const [x, y] = event.pixel;
    const [width, height] = view.map.getSize();
    tip.style.left = `${Math.max(0, Math.min(x + 12, width - TIP[0]))}px`;
    tip.style.top = `${Math.max(0, Math.min(y + 12, height - TIP[1]))}px`;
  }

  onPoint(view.map, heat.layers, {
    pointed: moveTip,
    clicked: (feature, event) => {
      moveTip(feature, event);
      const row = feature && shown.rows.get(feature.get("code"));
      if (row) picked(row, shown);
    },
  });

  return {
    view,
    heat,
    /** Show the rows of a layer in the classes of `bounds`; `query` is what the API was asked for them. */
    show({ rows, layer, level, bounds, query, caption }) {
      shown = { rows: new Map(rows.map((row) => [row.code, row])), layer, level, query };
      const cells = rows.map((row) => [row.code, { kind: kindOf(row, layer, bounds), figure: figureOf(row, layer) }]);
      heat.show(level, new Map(cells), rows);
      element("caption").textContent = caption;
      tip.hidden = true;
    },
    get shown() {
      return shown;
    },
  };
}
