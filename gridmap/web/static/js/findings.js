/** Findings in words: why a rule is broken or strained, and the cheapest remedy. */

import { say, sayOr } from "./page_data.js";

/** Say what a finding is; a kind without words of its own is shown by its code, never hidden. */
export function findingText(finding) {
  const details = { ...finding.details };
  if (details.barrier) {
    const [kind] = details.barrier.split(":"); // "road:primary"
    details.barrier = sayOr(`barrier.${kind}`, details.barrier);
  }
  const isByEngine = finding.kind === "building_broken" && details.outside_unbroken !== undefined;
  return sayOr(`finding.${finding.kind}${isByEngine ? ".for_band" : ""}`, finding.kind, details);
}

/** Say what can be done about it: the remedy the engine tried, else advice; empty where there is none. */
export function remedyText(finding) {
  const { remedy, ...details } = finding.details || {};
  const advice = sayOr(`remedy.${finding.kind}`, "", details);
  if (!remedy || remedy.kind === "waive") return advice;
  return sayOr(`redraw.remedy_${remedy.kind}`, advice, { households: remedy.households_moved });
}

/** Name the place of a finding. */
export function placeText(finding) {
  return finding.micro_grid || finding.grid || say("planner.whole_area");
}
