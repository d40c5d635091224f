/** The cells of the map as a list, for those who read it with keys or ears: the striking ones first. */

import { figureOf, foundWord, kindOf } from "./heat_scale.js";
import { make } from "./elements.js";
import { count, say } from "./page_data.js";
import { nameOf } from "./officials_tip.js";

const SHOWN = 60;
const RANK = { hot: 5, cold: 4, not_distinguishable: -2, not_enough: -3 };
const place = document.getElementById("cells-list");
const title = document.getElementById("cells-title");

const rank = (kind) => (kind in RANK ? RANK[kind] : Number(kind));

/** List the cells shown; `picked` gets the row of the one that was chosen. */
export function listCells(rows, { layer, level, bounds }, picked) {
  const sorted = rows
    .map((row) => ({ row, kind: kindOf(row, layer, bounds) }))
    .sort((one, two) => rank(two.kind) - rank(one.kind) || (one.row.code < two.row.code ? -1 : 1));
  const item = ({ row, kind }) => {
    const figure = figureOf(row, layer) || (kind in RANK ? foundWord(kind, layer) : "0");
    return make(
      "li",
      {},
      make(
        "button",
        { type: "button", onclick: () => picked(row) },
        make("span", {}, nameOf(row, level)),
        make("b", {}, figure),
      ),
    );
  };
  title.textContent = say("officials.cells_count", { count: count(rows.length) });
  place.replaceChildren(...sorted.slice(0, SHOWN).map(item));
  const rest = sorted.slice(SHOWN);
  if (!rest.length) return;
  const all = make("button", { type: "button" }, say("officials.cells_more", { count: count(rest.length) }));
  all.addEventListener("click", () => all.parentElement.replaceWith(...rest.map(item)));
  place.append(make("li", {}, all));
}
