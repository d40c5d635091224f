/** The map of a notice: each building by what of it is reached, told by shape before colour. */

import { make } from "./elements.js";
import { disc, DONE, markMap, ring, square } from "./mark_map.js";
import { count, say } from "./page_data.js";
import * as palette from "./palette.js";

const STYLES = {
  reached: disc(DONE, { radius: 5, width: 1.5, zIndex: 1 }),
  partly: square(palette.ACCENT, { radius: 7, width: 1.5, angle: 0, zIndex: 2 }),
  left: ring({ radius: 5, width: 2.5 }),
};
const SIGNS = { reached: "●", partly: "◆", left: "○" };
const stateOf = (row) => (row.households_reached >= row.households ? "reached" : row.households_reached ? "partly" : "left");

/** Make the map, with its legend; `show(rows)` draws the buildings. */
export function noticeMap(target, legend) {
  const marks = markMap(target, { styleOf: (row) => STYLES[stateOf(row)], padding: 40 });
  return {
    show(rows) {
      marks.show(rows);
      const counts = { reached: 0, partly: 0, left: 0 };
      for (const row of rows) counts[stateOf(row)] += 1;
      const said = Object.entries(counts).filter(([name, number]) => number || name !== "partly");
      legend.replaceChildren(
        ...said.map(([name, number]) =>
          make("span", {}, make(`span.sign.${name}`, { "aria-hidden": "true" }, SIGNS[name]), ` ${say(`notices.legend_${name}`)} ${count(number)}`),
        ),
      );
      target.dataset.reached = String(counts.reached);
    },
    /** Draw at once for the size of the paper. */
    drawForPrint() {
      marks.map.updateSize();
      marks.map.renderSync();
    },
  };
}
