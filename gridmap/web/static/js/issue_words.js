/** Issues in words: categories, channels, places, receivers, spans of time. */

import { make } from "./elements.js";
import { count, page, say, sayOr } from "./page_data.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const between = page.language === "zh" ? "、" : ", ";
export const categoryName = (code) => sayOr(`pages.category_${code}`, code);
export const channelName = (code) => sayOr(`desk.channel_${code || "none"}`, code);
export const stateName = (state) => sayOr(`pages.state_${state}`, state);
export const tierName = (tier) => sayOr(`handling.tier_${tier}`, tier);
export const actionName = (action) => sayOr(`handling.action_${action}`, action);

/** Write a span in milliseconds in its two largest units. */
export function span(milliseconds) {
  const length = Math.abs(milliseconds);
  if (length >= DAY) return say("desk.span_days", { days: count(Math.floor(length / DAY)), hours: Math.floor((length % DAY) / HOUR) });
  const minutes = Math.floor((length % HOUR) / MINUTE);
  if (length >= HOUR) return say("desk.span_hours", { hours: Math.floor(length / HOUR), minutes });
  return say("desk.span_minutes", { minutes });
}

/** Say where in a building something is: entrance and floor, as far as known. */
export function insideOf(issue) {
  const words = [];
  if (issue.entrance_number !== null) words.push(say("desk.entrance", { number: issue.entrance_number }));
  if (issue.floor !== null) words.push(say("desk.floor", { number: issue.floor }));
  return words.join(page.language === "zh" ? " " : ", ");
}

/** Name the place of an issue of the list in one line. */
export function placeOf(issue) {
  const building = issue.building_address || issue.building_name;
  if (building) return [building, insideOf(issue)].filter(Boolean).join(page.language === "zh" ? " " : ", ");
  if (issue.compound_name) return issue.compound_name;
  return issue.lon === null ? say("desk.no_place") : say("desk.no_building");
}

/** Name whom an issue lies with: `staff:P000003` and the like. */
export function receiverName(reference) {
  const at = reference.indexOf(":");
  return sayOr(`desk.receiver_${reference.slice(0, at)}`, reference, { code: reference.slice(at + 1) });
}

/** The badge of something overdue: a sign and a word, never a colour alone. */
export function overdueBadge(words = say("desk.overdue")) {
  return make("span.badge.overdue", {}, make("span", { "aria-hidden": "true" }, "! "), words);
}

/** A link to an issue, by its number. */
export function issueLink(id, words = `#${id}`) {
  return make("a", { href: `/issues/${id}`, "data-issue": id }, words);
}
