/** The issues behind the cell that was pointed at. */

import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { categoryName } from "./officials_filters.js";
import { count, moment, say, sayOr } from "./page_data.js";

const place = document.getElementById("behind");
const title = document.getElementById("behind-title");
const SHOWN = 50;

function row(issue) {
  return make(
    "li",
    {},
    make("b", {}, categoryName(issue.category)),
    make("span.badge", {}, sayOr(`pages.state_${issue.state}`, issue.state)),
    make("p.quiet.small", {}, [moment(issue.reported_at), issue.building_name].filter(Boolean).join(" · ")),
  );
}

/** List the issues of `cell` in the period and category of the map; says so when there are more. */
export async function showBehind(cell, { query, level }) {
  title.textContent = say("officials.behind_of", { place: cell.label || cell.code });
  await orShow(place, async () => {
    const found = await calls.listIssues({
      starts_at: query.starts_at,
      ends_at: query.ends_at,
      category: query.category,
      [level === "micro_grid" ? "micro_grid" : "area"]: cell.code,
      limit: SHOWN,
    });
    place.hidden = false;
    if (!found.items.length) {
      place.replaceChildren(make("p.quiet", {}, say("officials.behind_none")));
      return;
    }
    const total = found.total ?? found.items.length;
    const note =
      total > found.items.length
        ? make("p.quiet.small", {}, say("officials.behind_part", { shown: SHOWN, count: count(total) }))
        : null;
    place.replaceChildren(make("ul", {}, ...found.items.map(row)), ...(note ? [note] : []));
  });
}
