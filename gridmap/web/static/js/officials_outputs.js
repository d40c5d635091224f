/** The same view to take away: offline HTML, PNG, PDF, CSV, GeoPackage, or a link that restores it. */

import { say } from "./page_data.js";

const element = (id) => document.getElementById(id);
const frame = element("report");
const toggle = element("toggle");
const link = element("link");
const FILES = {
  "as-html": "/reports/heatmap.html",
  "as-png": "/api/v1/heatmaps/picture.png",
  "as-pdf": "/api/v1/heatmaps/picture.pdf",
  "as-csv": "/api/v1/heatmaps/layers.csv",
  "as-gpkg": "/api/v1/heatmaps/layers.gpkg",
};
let address = "";

function show(isReport) {
  toggle.setAttribute("aria-pressed", String(isReport));
  toggle.querySelector("span").textContent = say(isReport ? "officials.show_map" : "officials.show_report");
  frame.hidden = !isReport;
  if (isReport && frame.getAttribute("src") !== address) frame.src = address;
}

toggle.addEventListener("click", () => show(frame.hidden));
element("print").addEventListener("click", () => window.print());
link.addEventListener("click", async () => {
  await navigator.clipboard.writeText(window.location.href);
  link.querySelector("span").textContent = say("officials.link_copied");
  window.setTimeout(() => (link.querySelector("span").textContent = say("officials.link")), 2000);
});

/** Keep all files at what the maps show, a second period included; the page with layers and slider takes the whole one. */
export function offerFiles(query, whole, step, second) {
  const named = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value));
  for (const [id, path] of Object.entries(FILES)) {
    const beside = second ? { second_starts_at: second.starts_at, second_ends_at: second.ends_at } : {};
    const asked = id === "as-html" ? { ...whole, step } : { ...query, ...beside };
    element(id).href = `${path}?${named(asked)}`;
  }
  address = `/reports/heatmap?${named({ ...whole, step })}`;
  if (!frame.hidden) frame.src = address;
}

/** Bring the maps to the size of the sheet before it is printed, with all that they show, and back. */
export function preparePrint(sides) {
  const maps = element("maps");
  let before = null;
  const resize = (isPaper) => {
    maps.classList.toggle("paper", isPaper);
    // What is one tap away on the screen is there on paper.
    for (const details of document.querySelectorAll(".legend details")) details.open = isPaper;
    sides.forEach(({ view }) => view.map.updateSize());
  };
  window.addEventListener("beforeprint", () => {
    const { map } = sides[0].view;
    const view = map.getView();
    before = { center: view.getCenter(), resolution: view.getResolution() };
    const extent = view.calculateExtent(map.getSize());
    resize(true);
    view.fit(extent, { size: map.getSize() });
    sides.forEach((side) => side.view.map.renderSync());
  });
  window.addEventListener("afterprint", () => {
    resize(false);
    sides[0].view.map.getView().setCenter(before.center);
    sides[0].view.map.getView().setResolution(before.resolution);
  });
}
