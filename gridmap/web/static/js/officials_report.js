/** The same view as a folium page: embedded here, or as one file to hand on. */

import { say } from "./page_data.js";

const frame = document.getElementById("report");
const toggle = document.getElementById("toggle");
const download = document.getElementById("download");
let address = "";

function show(isReport) {
  toggle.setAttribute("aria-pressed", String(isReport));
  toggle.lastChild.textContent = say(isReport ? "officials.show_map" : "officials.show_report");
  frame.hidden = !isReport;
  if (isReport && frame.getAttribute("src") !== address) frame.src = address;
}

toggle.addEventListener("click", () => show(frame.hidden));

/** Keep report and download at what the map shows. */
export function showReportOf(query) {
  const named = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  address = `/reports/heatmap?${named}`;
  download.href = `/reports/heatmap.html?${named}`;
  if (!frame.hidden) frame.src = address;
}
