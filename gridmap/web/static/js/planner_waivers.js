/** Exceptions: approved with a reason and an end, shown with who approved them, withdrawn. */

import { make } from "./elements.js";
import { count, day, moment, page, say } from "./page_data.js";
import { askFirst } from "./planner_ask.js";
import * as calls from "./planner_calls.js";
import { tell } from "./planner_told.js";

/** Give the day of today as a field of a form writes it. */
function today() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** Write a date without a time; as a moment it would be midnight elsewhere. */
const dayOf = (date) => day(`${date}T00:00`);

/** Ask for reason and end, then approve the exception. */
export async function waiveFinding({ plan, finding, title, done }) {
  const reason = make("textarea.input", {
    name: "reason",
    rows: 3,
    required: true,
    maxlength: page.longest.reason,
    autofocus: true,
  });
  const made = await askFirst({
    title: say("planner.waive_title"),
    yes: say("planner.waive_yes"),
    body: [
      make("p", {}, title),
      make("label.field", {}, make("span", {}, say("planner.waive_reason")), reason),
      make(
        "label.field",
        {},
        make("span", {}, say("planner.waive_until")),
        make("input.input", { type: "date", name: "expires_on", min: today() }),
      ),
      make("p.quiet.small", {}, say("planner.waive_by", { by: page.username })),
    ],
    act: (form) =>
      calls.waive(plan.id, {
        kind: finding.kind,
        micro_grid: finding.micro_grid,
        grid: finding.grid,
        reason: form.get("reason"),
        expires_on: form.get("expires_on") || null,
      }),
  });
  if (!made) return;
  await done();
  tell(say("planner.waived_now"));
}

/** Ask, then take an exception back. */
export async function withdrawWaiver({ plan, id, title, done }) {
  const gone = await askFirst({
    title: say("planner.withdraw_title"),
    yes: say("planner.withdraw"),
    body: [make("p", {}, title), make("p.quiet", {}, say("planner.withdraw_meaning"))],
    act: () => calls.withdraw(plan.id, id),
  });
  if (!gone) return;
  await done();
  tell(say("planner.withdrawn"));
}

/** Say who approved an exception, when, until when and why. */
export function waivedText(waived) {
  const last = waived.until && say("planner.waived_until", { day: dayOf(waived.until) });
  const until = last || say("planner.waived_for_ever");
  return make(
    "div.waived",
    {},
    make("p", {}, say("planner.waived_reason", { reason: waived.reason })),
    make(
      "p.quiet.small",
      {},
      say("planner.waived_by", { by: waived.by, at: moment(waived.at), until }),
    ),
  );
}

/** Tell why an exception that was approved holds no more. */
export function lapsedText(waiver) {
  if (waiver.expires_on && waiver.expires_on < today()) {
    return say("planner.lapsed_day", { day: dayOf(waiver.expires_on) });
  }
  return say("planner.lapsed_changed", { count: count(waiver.households) });
}
