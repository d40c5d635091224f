/** The issues behind the cell that was pointed at. */

import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { categoryName } from "./officials_filters.js";
import { nameOf } from "./officials_story.js";
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
    make("p.quiet.small", {}, moment(issue.reported_at)),
  );
}

/** List the issues that `cell` counts in the period and category of the map; says so when there are more. */
export async function showBehind(cell, { query, level }) {
  const { area: _area, ...period } = query;
  title.textContent = say("officials.behind_of", { place: nameOf(cell, level) });
  await orShow(place, async () => {
    const found = await calls.listBehind(cell.code, { ...period, level, limit: SHOWN });
    place.hidden = false;
    if (!found.items.length) {
      place.replaceChildren(make("p.quiet", {}, say("officials.behind_none")));
      return;
    }
    const part = say("officials.behind_part", { shown: found.items.length, count: count(cell.issues) });
    place.replaceChildren(
      make("ul", {}, ...found.items.map(row)),
      ...(found.next ? [make("p.quiet.small", {}, part)] : []),
    );
  });
}
