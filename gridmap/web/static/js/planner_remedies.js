/** Suggestions for a micro-grid outside the band: what each would do, shown on the map, and one click to do it. */

import { orShow } from "./api.js";
import { make, mark } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { count, say } from "./page_data.js";
import * as calls from "./planner_calls.js";
import { tell } from "./planner_told.js";

const BUILDING = /^b(\d+)/;

function statusOf(households, rules) {
  if (households < rules.households_min) return "under";
  return households > rules.households_max ? "over" : "in_band";
}

/** Say what one micro-grid holds before and after. */
function effect(code, before, after, rules) {
  const what = say("planner.effect", { code: shortCode(code), before: count(before), after: count(after) });
  if (!after) return make("li", {}, `${what} · ${say("planner.change_retired")}`);
  const status = statusOf(after, rules);
  return make("li", {}, `${what} `, mark(status, say(`planner.status_${status}`)));
}

function buildingsOf(operation) {
  const moved = (operation?.moves ?? []).map(([key]) => Number(BUILDING.exec(key)?.[1]));
  return [...moved, ...(operation?.parts ?? []).map(([building]) => building)];
}

/** Do an operation on a draft, say what it did (in `words`, or what moved), and offer to take it back. */
export async function operate({ plan, grid, kind, given, expected = {}, words = null, fault, done }) {
  const answer = await orShow(fault, () => calls.operate(plan.id, { grid, kind, arguments: given, expected }));
  if (!answer) return false;
  await done();
  const takeBack = async () => {
    if (await orShow(fault, () => calls.undo(plan.id, grid))) {
      await done();
      tell(say("planner.taken_back"));
    }
  };
  const moved = { count: count(answer.operation.households_moved) };
  const left = answer.refused.length ? ` ${say("planner.refused_some", { count: count(answer.refused.length) })}` : "";
  tell(words ?? say("planner.did", moved) + left, { label: say("planner.take_back"), act: takeBack });
  return true;
}

function row({ remedy, rank, code, grid, plan, fault, marks, done }) {
  const expected = Object.fromEntries((remedy.operation?.moves ?? []).map(([key, from]) => [key, from]));
  const apply = async (event) => {
    event.currentTarget.disabled = true;
    marks.light([]);
    const given = { code, rank };
    const isDone = await operate({ plan, grid, kind: "remedy", given, expected, fault, done });
    if (!isDone) event.target.disabled = false;
  };
  const households = count(remedy.households_moved || remedy.before[code]);
  const light = () => marks.light(buildingsOf(remedy.operation));
  const dark = () => marks.light([]);
  const changes = Object.keys(remedy.after).map((one) =>
    effect(one, remedy.before[one], remedy.after[one], plan.rules),
  );
  const partly = remedy.is_enough || remedy.kind === "waive" ? null : make("p.small", {}, say("planner.not_enough"));
  return make(
    "li",
    { onmouseenter: light, onmouseleave: dark, onfocusin: light, onfocusout: dark },
    make("p", {}, make("b", {}, say(remedy.text, { households }))),
    remedy.operation ? make("ul.effects.small", {}, ...changes) : null,
    partly,
    remedy.operation && plan.status === "draft"
      ? make("button.button", { type: "button", "data-do": "apply", onclick: apply }, say("planner.apply"))
      : null,
  );
}

/**
 * Make a button that looks for suggestions and shows them below itself.
 *
 * @param {{plan: object, grid: string, code: string, marks: object, done: function()}} options
 */
export function remediesOf({ plan, grid, code, marks, done }) {
  const place = make("div.remedies", { "aria-live": "polite" });
  const fault = make("div", { hidden: true });
  const look = async () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    place.replaceChildren();
    if (isOpen) return;
    place.replaceChildren(make("p.quiet.small", {}, say("planner.looking")), make("progress"));
    const found = await orShow(fault, () => calls.listRemedies(plan.id, code));
    if (!found) {
      place.replaceChildren(fault);
      return;
    }
    const rows = found.map((remedy, at) => row({ remedy, rank: at + 1, code, grid, plan, fault, marks, done }));
    const hint = plan.status === "draft" ? null : make("p.quiet.small", {}, say("planner.apply_in_draft"));
    place.replaceChildren(
      rows.length ? make("ol", {}, ...rows) : make("p.quiet.small", {}, say("planner.no_remedies")),
      hint ?? "",
      fault,
    );
  };
  const button = make(
    "button.button",
    { type: "button", "aria-expanded": "false", "data-do": "remedies", onclick: look },
    say("planner.remedies"),
  );
  return { button, place };
}
