/** Who moved what, newest first. */

import { ask, orShow } from "./api.js";
import { make } from "./elements.js";
import { codeName, listed } from "./editor_words.js";
import { count, moment, say, sayOr } from "./page_data.js";

const SHOWN = 50;

function row(entry) {
  const moved = entry.moves.length
    ? say("editor.log_moved", {
        count: count(entry.households_moved),
        to: listed([...new Set(entry.moves.map(([, , to]) => codeName(to)))]),
      })
    : "";
  return make(
    "li",
    { "data-operation": entry.id },
    make(
      "p",
      {},
      make("b", {}, sayOr(`editor.did_${entry.kind}`, entry.kind)),
      ` ${moved}`,
      entry.taken_back ? make("span.badge", {}, say("editor.taken_back")) : null,
    ),
    make("p.quiet.small", {}, `${entry.by ?? say("editor.somebody")} · ${moment(entry.at)}`),
  );
}

/** List the newest operations; gives the codes they concern. */
export async function showLog(place, fault, plan) {
  const answer = await orShow(fault, () => ask(`/plans/${plan}/operations`, { query: { limit: SHOWN } }));
  if (!answer) return new Set();
  const file = make(
    "a.button.plain",
    { href: `/api/v1/plans/${plan}/operations.csv`, download: true },
    say("editor.log_csv"),
  );
  place.replaceChildren(
    answer.items.length ? make("ul.log", {}, ...answer.items.map(row)) : make("p.empty", {}, say("editor.log_empty")),
    answer.items.length ? file : "",
  );
  return new Set(
    answer.items
      .filter((one) => !one.taken_back && one.kind !== "undo")
      .flatMap((one) => one.moves.flatMap(([, from, to]) => [from, to])),
  );
}
