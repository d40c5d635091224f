/** Five fixed classes of coverage: the darker, the more is missing; whole coverage is a class of its own. */

import { HEAT } from "./palette.js";

/** Lower bound of each class as a share, from whole to little. */
const LEAST = [1, 0.9, 0.7, 0.5, 0];
export const SPANS = ["100 %", "90–<100 %", "70–<90 %", "50–<70 %", "< 50 %"];

/** Tell the class (0 to 4) of a share; null where there is nothing to cover. */
export function classOf(share) {
  return share === null ? null : LEAST.findIndex((least) => share >= least);
}

/** Give the colour of a class. */
export const colourOf = (number) => HEAT[number];

/** Give the share that the target of a rule is compared with. */
export function shareBy(share, rule) {
  return rule.counted_by === "places" ? share.places_share : share.households_share;
}
