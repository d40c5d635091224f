/** What the lists of the planner's panel share. */

import { make } from "./elements.js";
import { count, say } from "./page_data.js";

const SHOWN = 60;

/** Make a list that shows its first rows and says how many more there are. */
export function cutList(rows, name = "ul.findings") {
  const list = make(name, {}, ...rows.slice(0, SHOWN));
  if (rows.length <= SHOWN) return list;
  const more = make(
    "button.button.wide",
    {
      type: "button",
      onclick: () => {
        list.append(...rows.slice(SHOWN));
        rows[SHOWN].querySelector("button, a")?.focus();
        more.remove();
      },
    },
    say("planner.show_all", { count: count(rows.length) }),
  );
  return make("div", {}, list, more);
}

/** Give the address of the boundary editor at a grid, with a micro-grid chosen. */
export function editorAddress(plan, grid, code = null) {
  const named = new URLSearchParams({ area: grid });
  if (code) named.set("micro_grid", code);
  return `/planner/plans/${plan.id}/edit?${named}`;
}

/** Give the address of the page that compares two plans; without `from`, with what everybody sees. */
export function compareAddress(from, to) {
  const named = new URLSearchParams(from === null ? { to } : { from, to });
  return `/planner/compare?${named}`;
}
