/** Officials' page: how many issues, where, and what the numbers mean. */

import { readAddress, writeAddress } from "./address.js";
import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { startFilters } from "./officials_filters.js";
import { showBehind } from "./officials_behind.js";
import { showReportOf } from "./officials_report.js";
import { showStory, showLegend, tellCell } from "./officials_story.js";
import { heatLayer } from "./heat_layer.js";
import { drawHistogram } from "./histogram.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { page, say } from "./page_data.js";
import { instantsOf } from "./periods.js";

const fault = document.getElementById("fault");
const tip = document.getElementById("tip");
const asked = readAddress();
const view = makeMap(document.getElementById("map"));
view.cells.setVisible(false);
view.cellNames.setVisible(false);
const heat = heatLayer(view);
let shown = { rows: new Map(), query: {} };
let latest = 0;

function valuesOf(answer, measure) {
  return new Map(answer.rows.map((row) => [row.code, measure === "rate" ? row.rate_per_100 : row.issues]));
}

async function show(filters) {
  const number = ++latest;
  const { starts_at, ends_at, before } = instantsOf(filters.from, filters.to);
  const query = { area: filters.area, category: filters.category, starts_at, ends_at };
  const level = filters.level;
  await orShow(fault, async () => {
    const [answer, past] = await Promise.all([
      calls.getHeat({ ...query, level }),
      calls.getHeat({ ...query, level, starts_at: before, ends_at: starts_at }),
    ]);
    if (number !== latest) return;
    const bounds = answer.breaks[filters.measure];
    shown = { rows: new Map(answer.rows.map((row) => [row.code, row])), query, level };
    heat.show(level, valuesOf(answer, filters.measure), bounds);
    showStory(answer, past, filters);
    showLegend(answer, filters, bounds);
    showReportOf({ ...query, level, measure: filters.measure });
    const parts = answer.histogram;
    document.getElementById("histogram-title").textContent = say(`officials.per_${parts.step}`);
    drawHistogram(document.getElementById("histogram"), parts.bins);
  });
}

function moveTip(feature, event) {
  const row = feature && shown.rows.get(feature.get("code"));
  heat.frame(row ? row.code : null);
  tip.hidden = !row;
  if (!row) return;
  tellCell(tip, row, shown.level);
  const [x, y] = event.pixel;
  const [width, height] = view.map.getSize();
  tip.style.left = `${Math.min(x + 12, width - 240)}px`;
  tip.style.top = `${Math.min(y + 12, height - 110)}px`;
}

onPoint(view.map, heat.layers, {
  pointed: moveTip,
  clicked: (feature, event) => {
    moveTip(feature, event);
    const row = feature && shown.rows.get(feature.get("code"));
    if (!row) return;
    writeAddress({ cell: row.code });
    showBehind(row, shown);
  },
});

const filters = startFilters({
  changed: show,
  moved: (area) => fitTo(view.map, area.bounds),
});
document.getElementById("print").addEventListener("click", () => window.print());
if (page.areas.length) await filters.start(asked);
view.map.updateSize();
if (!asked.at && page.extent) fitTo(view.map, page.extent, { duration: 0 });
window.addEventListener("beforeprint", () => {
  view.map.updateSize();
  view.map.renderSync();
});
