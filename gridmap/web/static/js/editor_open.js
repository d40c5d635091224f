/** Opening: the grids of the area or areas asked for, several at a time, and the trail of areas above. */

import { ask } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { areaName, count, households, say } from "./page_data.js";

const AT_ONCE = 3;

/** Read the grids below an area. */
export function readDivisions(plan, area) {
  return ask(`/plans/${plan}/divisions`, { query: { area } });
}

/**
 * Read several grids, a few at a time.
 *
 * @param {Function} arrived `arrived(opened, done)` for each, as it comes
 */
export async function readSeveral(plan, codes, arrived) {
  const left = [...codes];
  let done = 0;
  const work = async () => {
    while (left.length) {
      const opened = await ask(`/plans/${plan}/divisions`, { query: { area: left.shift() } });
      done += 1;
      arrived(opened, done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Give the bounds around all of several. */
export function boundsAround(all) {
  const edges = [0, 1, 2, 3].map((at) => all.map((bounds) => bounds[at]));
  return [Math.min(...edges[0]), Math.min(...edges[1]), Math.max(...edges[2]), Math.max(...edges[3])];
}

function step(area, { isHere, open }) {
  return make(
    "button",
    { type: "button", "aria-current": isHere ? "location" : null, onclick: () => open(area.code) },
    areaName(area),
  );
}

function child(area, open) {
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-area": area.code, onclick: () => open(area.code) },
      make("span", {}, areaName(area)),
      make("span", {}, `${say(`pages.kind_${area.level}`)} · ${households(area.households)}`),
    ),
  );
}

/** The trail of areas above the list, and what lies below as a menu; of several grids their number. */
export async function showTrail(area, codes, open) {
  const isSeveral = codes.length > 1;
  const inside = await calls.listAreas({ parent: area.code });
  const here = isSeveral
    ? [
        step(area, { isHere: false, open }),
        make(
          "button",
          { type: "button", "aria-current": "location", disabled: true },
          say("editor.several_grids", { count: count(codes.length) }),
        ),
      ]
    : [step(area, { isHere: true, open })];
  const trail = document.getElementById("trail");
  trail.replaceChildren(...area.parents.map((parent) => step(parent, { isHere: false, open })), ...here);
  trail.scrollLeft = trail.scrollWidth; // on a narrow page the near areas are in view
  const below = document.getElementById("below");
  document.getElementById("children").replaceChildren(...inside.map((one) => child(one, open)));
  below.hidden = inside.length === 0;
  below.open = false;
  document.getElementById("below-count").textContent = count(inside.length);
}
