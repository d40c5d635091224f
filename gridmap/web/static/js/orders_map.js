/** The map of orders: open ones as rings, claimed ones filled, done ones as squares; the shape tells before the colour. */

import { disc, DONE, markMap, pointOf, ring, square } from "./mark_map.js";
import * as palette from "./palette.js";

const NEAR_ZOOM = 17;
const STYLES = {
  open: ring(),
  claimed: disc(palette.ACCENT),
  done: square(DONE),
  confirmed: square(palette.INK_2),
  withdrawn: square(palette.RAIL),
};

/** Make the map; `chosen(id)` when an order is clicked. */
export function ordersMap(target, chosen) {
  const marks = markMap(target, { styleOf: (row) => STYLES[row.state], chosen });
  return {
    show(rows) {
      marks.show(rows);
      target.dataset.orders = String(rows.length);
    },
    /** Go to the place of an order. */
    go(order) {
      const view = marks.map.getView();
      view.setCenter(pointOf(order));
      view.setZoom(Math.max(view.getZoom() || 0, NEAR_ZOOM));
      chosen(order.id);
    },
  };
}
