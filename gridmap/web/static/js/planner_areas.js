/** Where the planner is: the trail of areas, and what lies below. */

import { make, walkByArrows } from "./elements.js";
import { areaName, count, households, say } from "./page_data.js";

const trail = document.getElementById("trail");
const below = document.getElementById("below");
const children = document.getElementById("children");
walkByArrows(children, "button");

function step(area, isHere, open) {
  return make(
    "button",
    { type: "button", "aria-current": isHere ? "location" : null, onclick: () => open(area.code) },
    areaName(area),
  );
}

/**
 * Show the trail down to `area` and its children.
 *
 * @param {object} area with `parents` from the top down
 * @param {object[]} inside its children
 * @param {function(string)} open called with the code of the chosen one
 */
export function showArea(area, inside, open) {
  trail.replaceChildren(...area.parents.map((parent) => step(parent, false, open)), step(area, true, open));
  below.hidden = inside.length === 0;
  below.open = false;
  document.getElementById("below-count").textContent = count(inside.length);
  children.replaceChildren(
    ...inside.map((child) =>
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", onclick: () => open(child.code) },
          make("span", {}, areaName(child)),
          make("span", {}, `${say(`pages.kind_${child.level}`)} · ${households(child.households)}`),
        ),
      ),
    ),
  );
}
