/** The map of the lists: needs as rings, resources filled, projects as squares; lines lead to what fits. */

import { boundsOf, disc, DONE, markMap, pointOf, ring, square } from "./mark_map.js";
import { fitTo } from "./map.js";
import * as palette from "./palette.js";

const { Stroke, Style } = ol.style;
const STYLES = { need: ring(), resource: disc(DONE), project: square(palette.ACCENT) };
const LINE = new Style({ stroke: new Stroke({ color: palette.INK, width: 2, lineDash: [6, 4] }), zIndex: 0 });

/** Make the map; `chosen(id)` when an entry is clicked. */
export function listingsMap(target, chosen) {
  const marks = markMap(target, { styleOf: (row) => STYLES[row.list], chosen });
  const lines = new ol.source.Vector();
  marks.map.addLayer(new ol.layer.Vector({ source: lines, style: LINE, zIndex: 49 }));
  return {
    show(rows) {
      lines.clear();
      marks.show(rows);
      target.dataset.listings = String(rows.length);
    },
    /** Draw lines from an entry to what fits it, and show all of them. */
    join(row, matches) {
      lines.clear();
      for (const match of matches) lines.addFeature(new ol.Feature(new ol.geom.LineString([pointOf(row), pointOf(match)])));
      target.dataset.lines = String(matches.length);
      fitTo(marks.map, boundsOf([row, ...matches]), { padding: [80, 80, 80, 80] });
    },
  };
}
