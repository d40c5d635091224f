/** What happened to an issue, step by step, with the reason of each dispatch. */

import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { moment, page, say, sayOr } from "./page_data.js";
import { actionName, between, issueLink, receiverName, stateName, tierName } from "./issue_words.js";

function titleOf(event) {
  if (event.action === "report") return say("desk.event_report");
  if (event.action === "follow") return say("desk.event_follow", { state: stateName(event.counts_as) });
  if (event.action === null) return say("desk.event_loaded", { state: stateName(event.to_state) });
  if (event.action === "contest" && !event.details.undoes) return say("desk.event_late");
  return actionName(event.action);
}

function whoOf(event) {
  if (event.staff_code) return event.staff_code;
  if (event.role) return sayOr(`pages.role_${event.role}`, event.role);
  if (event.action === null) return "";
  return ["rate", "reopen", "withdraw"].includes(event.action) ? say("desk.by_resident") : say("desk.by_system");
}

function moreOf(event) {
  const words = [];
  if (event.details.to) words.push(say("desk.event_to", { to: receiverName(event.details.to) }));
  if (event.details.tier) words.push(say("desk.event_tier", { tier: tierName(event.details.tier) }));
  if (event.outcome) words.push(say(`handling.outcome_${event.outcome}`));
  if (event.details.rating) words.push(say("desk.rating_of", { rating: event.details.rating }));
  if (event.until) words.push(say("desk.event_until", { at: moment(event.until) }));
  return words;
}

/** Why it was dispatched there: rule, plan version, side, candidates and the one chosen. */
function whyOf(reason) {
  if (!reason || !reason.rule) return null;
  const rule = sayOr(`desk.rule_${reason.rule}`, reason.rule, { tier: tierName(reason.tier) });
  const plan = reason.plan_version === null ? "" : say("desk.plan_version", { version: reason.plan_version });
  const chosen = reason.candidates[reason.chosen - 1];
  const names = reason.candidates.map((one) => receiverName(one.to)).join(between);
  return make(
    "details.why",
    {},
    make("summary", {}, say("desk.event_why")),
    make("p", {}, `${rule} ${plan}`),
    reason.sides.length > 1 ? make("p", {}, say("desk.event_side", { code: shortCode(reason.side) })) : null,
    chosen ? make("p", {}, say("desk.event_chosen", { number: reason.chosen, why: chosen.why })) : make("p", {}, say("desk.event_not_listed")),
    names ? make("p", {}, say("desk.event_candidates", { names })) : null,
    reason.nobody ? make("p", {}, reason.nobody) : null,
  );
}

function stepWords(step) {
  const said = [actionName(step.action)];
  if (step.given.outcome) said.push(say(`handling.outcome_${step.given.outcome}`));
  if (step.given.note) said.push(step.given.note);
  return said.join(" · ");
}

/** What each contradictory side would do; and who else did the same, with their words. */
function sidesOf(details) {
  const sides = (details.sides ?? []).map((side) => make("li", {}, make("b", {}, side.post), ` ${side.steps.map(stepWords).join(between)}`));
  const agreed = (details.agreed ?? []).map((one) => make("li", {}, make("b", {}, one.post), ` ${say("desk.event_agreed")}${one.note ? ` · ${one.note}` : ""}`));
  return sides.length + agreed.length ? make("ul.lines.small", {}, ...sides, ...agreed) : null;
}

/** Events of steps that a later one took back. */
function findUndone(events) {
  const standing = [];
  const undone = new Set();
  for (const event of events) {
    if (event.action !== "contest") standing.push(event);
    else for (let left = event.details.undoes; left > 0; left -= 1) undone.add(standing.pop());
  }
  return undone;
}

function row(event, isUndone) {
  const into = event.parent_id !== null && event.action === "merge";
  return make(
    isUndone ? "li.undone" : "li",
    {},
    make("div.line", {}, make("b", {}, titleOf(event)), isUndone ? make("span.badge", {}, say("desk.event_undone")) : null, make("span.quiet", {}, whoOf(event)), make("time.end.quiet.small", { datetime: event.at }, moment(event.at))),
    make("p", {}, [moreOf(event).join(" · ")].join(""), into ? issueLink(event.parent_id, say("desk.event_into", { id: event.parent_id })) : null),
    event.note ? make("p.said", { lang: page.language === "zh" ? null : "zh" }, event.note) : null,
    sidesOf(event.details),
    whyOf(event.details.reason),
  );
}

/** The events of an issue, the newest first. */
export function eventList(events) {
  const undone = findUndone(events);
  return make("ol.events", {}, ...[...events].reverse().map((event) => row(event, undone.has(event))));
}
