/** The issues behind a figure: listed part by part, and all of them as CSV. */

import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { icon, make } from "./elements.js";
import { count, moment, say, sayOr } from "./page_data.js";
import { wordName } from "./officials_words.js";

const place = document.getElementById("behind");
const title = document.getElementById("behind-title");
const SHOWN = 50;

function row(issue) {
  const words = { channels: issue.channel, tiers: issue.tier };
  const named = Object.entries(words).map(([list, word]) => word && wordName(list, word));
  const more = [moment(issue.reported_at), ...named].filter(Boolean).join(" · ");
  return make(
    "li",
    {},
    make("b", {}, wordName("categories", issue.category)),
    make("span.badge", {}, sayOr(`pages.state_${issue.state}`, issue.state)),
    make("p.quiet.small", {}, make("a", { href: `/issues/${issue.id}` }, `#${issue.id}`), ` · ${more}`),
  );
}

function csvOf(query) {
  const named = Object.entries(query).filter(([, value]) => value);
  return `/api/v1/heatmaps/issues.csv?${new URLSearchParams(named)}`;
}

/** List the issues that `query` counts, in the cell `query.cell` or in the whole area; `name` tells where. */
export async function showBehind(query, name) {
  title.textContent = say("officials.behind_of", { place: name });
  await orShow(place, async () => {
    const list = make("ul");
    const said = make("p.quiet.small");
    const more = make("button.button", { type: "button" }, say("officials.behind_more"));
    let after = 0;
    const load = async () => {
      const found = await calls.listCounted({ ...query, limit: SHOWN, after });
      list.append(...found.items.map(row));
      after = found.next || 0;
      more.hidden = !after;
      const values = { shown: count(list.children.length), count: count(found.total) };
      said.textContent = say("officials.behind_part", values);
      return found.total;
    };
    const total = await load();
    place.hidden = false;
    if (!total) {
      place.replaceChildren(make("p.quiet", {}, say("officials.behind_none")));
      return;
    }
    more.addEventListener("click", () => orShow(document.getElementById("fault"), load));
    const file = make("a.button", { href: csvOf(query), download: true }, icon("download"), "CSV");
    place.replaceChildren(said, list, make("div.actions", {}, more, file));
  });
}
