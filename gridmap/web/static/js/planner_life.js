/** The life of the plan that is shown: where it stands between draft and superseded, and what can be done next. */

import { orShow } from "./api.js";
import { make } from "./elements.js";
import { count, moment, page, say } from "./page_data.js";
import { askFirst } from "./planner_ask.js";
import * as calls from "./planner_calls.js";
import { drawHandoffs } from "./planner_handoffs.js";
import { compareAddress } from "./planner_rows.js";
import { tell } from "./planner_told.js";

const STEPS = ["draft", "submitted", "published", "superseded"];
const box = document.getElementById("life");
const steps = document.getElementById("life-steps");
const actions = document.getElementById("life-actions");
const notes = document.getElementById("life-notes");
const redraw = document.getElementById("redraw");
const fault = document.getElementById("fault");

/** Copy a plan into a new draft; `opened(plan)` shows it. */
export async function branch(plan, opened) {
  const made = await orShow(fault, () => calls.branchPlan(plan.id));
  if (!made) {
    fault.scrollIntoView({ block: "nearest" });
    return;
  }
  await opened(made);
  tell(say("planner.branched", { plan: made.id, source: plan.id }));
}

async function submit(plan, { blocking, changed }) {
  const open = blocking();
  const done = await askFirst({
    title: say("planner.submit_title", { plan: plan.id }),
    yes: say("planner.do_submit"),
    body: [
      make("p", {}, say("planner.submit_meaning")),
      open ? make("p.notice.finding", {}, say("planner.submit_open", { count: count(open) })) : "",
    ],
    act: () => calls.submitPlan(plan.id),
  });
  if (!done) return;
  await changed(done);
  tell(say("planner.submitted", { plan: plan.id }));
}

async function giveBack(plan, { changed }) {
  const words = make("textarea.input", {
    name: "words",
    rows: 4,
    required: true,
    maxlength: page.longest.words,
    autofocus: true,
  });
  const done = await askFirst({
    title: say("planner.return_title", { plan: plan.id }),
    yes: say("planner.return_yes"),
    body: [
      make("p", {}, say("planner.return_meaning")),
      make("label.field", {}, make("span", {}, say("planner.return_words")), words),
      plan.effective_at ? make("p.notice.finding", {}, say("planner.return_timed")) : "",
    ],
    act: (form) => calls.returnPlan(plan.id, form.get("words")),
  });
  if (!done) return;
  await changed(done);
  tell(say("planner.returned", { plan: plan.id }));
}

async function callOff(plan, { changed }) {
  const done = await askFirst({
    title: say("planner.call_off_title", { plan: plan.id }),
    yes: say("planner.do_call_off"),
    body: [make("p", {}, say("planner.call_off_meaning", { at: moment(plan.effective_at) }))],
    act: () => calls.callOff(plan.id),
  });
  if (!done) return;
  await changed(done);
  tell(say("planner.called_off", { plan: plan.id }));
}

function button(name, act, kind = "") {
  return make(`button.button${kind}`, { type: "button", "data-do": name, onclick: act }, say(`planner.do_${name}`));
}

function actionsOf(plan, how) {
  const copy = button("branch", () => branch(plan, how.opened));
  const publish = (kind) => button("publish", () => how.publish(plan), kind);
  return {
    draft: () => [button("submit", () => submit(plan, how)), publish(".main"), copy],
    submitted: () => [publish(".main"), button("return", () => giveBack(plan, how)), copy],
    published: () => [copy],
    superseded: () => [button("roll_back", () => how.rollBack(plan), ".main"), copy],
  }[plan.status]();
}

function drawSteps(plan) {
  const at = STEPS.indexOf(plan.status);
  steps.replaceChildren(
    ...STEPS.map((step, number) =>
      make(
        "li",
        { "aria-current": number === at ? "step" : null, "data-behind": number < at },
        say(`planner.plan_${step}`),
      ),
    ),
  );
}

/** When it will be published, why it was not, and what was said when it was given back. */
function drawNotes(plan, how, words) {
  const parts = [];
  if (how.others.length) {
    const others = how.others.map((id) => say("planner.plan_number", { plan: id })).join(" · ");
    parts.push(make("p.quiet.small", {}, say("planner.mosaic", { others })));
  }
  if (plan.effective_at) {
    parts.push(
      make(
        "div.notice",
        { id: "timed" },
        make("p", {}, say("planner.timed", { at: moment(plan.effective_at) })),
        button("call_off", () => callOff(plan, how)),
      ),
    );
  } else if (plan.message) {
    parts.push(make("p.notice.fault", {}, say("planner.not_published", { reason: plan.message })));
  }
  if (words) {
    const resolve = async () => {
      if (!(await orShow(fault, () => calls.resolveWords(plan.id, words.id)))) return;
      drawNotes(plan, how, null);
      how.announce();
    };
    parts.push(
      make(
        "div.notice.finding",
        { id: "words" },
        make("p", {}, words.words),
        make("p.small", {}, `${words.by ?? "system"} · ${moment(words.created_at)}`),
        make("button.button", { type: "button", onclick: resolve }, say("planner.resolve_words")),
      ),
    );
  }
  notes.replaceChildren(...parts);
}

/**
 * Show what can be done with `plan`.
 *
 * @param {object|null} plan
 * @param {{area: object, before: number|null, others: number[], blocking: function(): number,
 *   isShown: function(object): boolean, announce: function(), changed: function(object), opened: function(object),
 *   publish: function(object), rollBack: function(object)}} how `before` is the plan it is compared with, `others`
 *   are plans that hold the rest of what everybody sees here; `changed` and `opened` are called with a plan after
 *   something was done
 */
export async function showLife(plan, how) {
  box.hidden = plan === null;
  if (plan === null) return;
  drawSteps(plan);
  redraw.hidden = plan.status !== "draft";
  redraw.href = `/planner/plans/${plan.id}/edit?area=${encodeURIComponent(how.area.code)}`;
  const compare = make("a.button", { href: compareAddress(how.before, plan.id) }, say("planner.compare"));
  actions.replaceChildren(...actionsOf(plan, how), compare);
  drawNotes(plan, how, null);
  if (plan.published_at) {
    const handoffs = await orShow(fault, () => drawHandoffs(plan, how.area));
    if (handoffs && how.isShown(plan)) notes.append(handoffs);
  }
  if (plan.status !== "draft") return;
  const words = await orShow(fault, () => calls.findWords(plan.id));
  if (words && how.isShown(plan)) drawNotes(plan, how, words);
}
