/** Page of one issue: all that is known of it, the steps, its place on the map; to be printed, too. */

import { deskMap } from "./desk_map.js";
import { showIssue } from "./issue_card.js";
import { page } from "./page_data.js";

const element = (id) => document.getElementById(id);
const view = deskMap(element("map"), { chosen: () => {}, pointed: () => {} });
let point = null;

element("print").addEventListener("click", () => window.print());

// On paper the map has another size: it is drawn anew around the same place, and again when one comes back.
window.matchMedia("print").addEventListener("change", () => view.drawAround(point));
await showIssue(element("card"), {
  id: page.issue,
  loaded: (issue) => {
    point = issue.lon === null ? null : [issue.lon, issue.lat];
    view.showPlace(point);
  },
  candidates: (people) => view.showCandidates(people, point),
});
