/** The steps one may take on an issue, as the register has them: a button each, and a form that asks what it demands. */

import { ask, orShow, Problem } from "./api.js";
import { make } from "./elements.js";
import { clearFaults, field, showFaults } from "./form_fields.js";
import { dispatchFields } from "./issue_dispatch.js";
import { showDuplicates, suggestParents } from "./issue_duplicates.js";
import { radios } from "./issue_fields.js";
import { stateName } from "./issue_words.js";
import { page, say } from "./page_data.js";
import { warnOfPrivate } from "./private_words.js";

const CONFLICT = 409;
const RATINGS = [5, 4, 3, 2, 1];
const STATES = page.states.map((one) => one.state);
const CLOSED = page.states.filter((one) => !one.is_open).map((one) => one.state);

/** A step that asks for nothing and closes nothing is taken by its button alone. */
const isPlain = (step) => !step.gives.length && !step.outcomes.length && !CLOSED.includes(step.to_state);

function noteField(step) {
  const isAsked = step.gives.includes("note");
  const area = make("textarea.input", { rows: "2", maxlength: "4000", required: isAsked });
  const warning = make("p.notice.finding", { role: "status", hidden: true });
  area.addEventListener("input", () => warnOfPrivate(area.value, warning));
  const noted = field("note", say(isAsked ? "desk.note" : "desk.note_optional"), area);
  noted.append(warning);
  return noted;
}

async function fieldsOf(step, issue, candidates) {
  const fields = [];
  if (step.action === "dispatch") fields.push(await dispatchFields(issue, candidates));
  else if (step.gives.includes("dispatched_to")) {
    fields.push(field("dispatched_to", say("desk.give_department"), make("input.input", { maxlength: "60", "data-prefix": "department:", placeholder: say("desk.department_hint") })));
  }
  if (step.gives.includes("parent")) fields.push(await suggestParents(issue));
  if (step.outcomes.length > 1) {
    const options = step.outcomes.map((value) => ({ value, text: say(`handling.outcome_${value}`) }));
    fields.push(radios("outcome", say("desk.give_outcome"), options));
  }
  if (step.gives.includes("rating")) {
    const options = RATINGS.map((value) => ({ value: String(value), text: say(`desk.rating_${value}`) }));
    fields.push(radios("rating", say("desk.give_rating"), options));
  }
  if (step.gives.includes("until")) fields.push(field("until", say("desk.give_until"), make("input.input", { type: "datetime-local" })));
  fields.push(noteField(step));
  return fields;
}

function valueOf(control) {
  const value = control.value.trim();
  if (!value) return null;
  if (control.dataset.prefix) return control.dataset.prefix + value;
  if (control.type === "datetime-local") return new Date(value).toISOString();
  return ["parent_id", "rating"].includes(control.name) ? Number(value) : value;
}

/** Read what the form gives, in the words of the API. */
function bodyOf(form) {
  const body = {};
  for (const control of form.elements) {
    if (!control.name || control.dataset.helps || (control.type === "radio" && !control.checked)) continue;
    const value = valueOf(control);
    if (value !== null) body[control.name] = value;
  }
  return body;
}

/**
 * The step that leads on: up to the archive the states of the register stand in the order of a smooth life, and it
 * goes to the nearest one ahead; from a byway it is the first.
 */
function mainOf(steps, issue) {
  const [here, end] = [STATES.indexOf(issue.state), STATES.indexOf("archived")];
  const ahead = (step) => STATES.indexOf(step.to_state) - here;
  const onward = steps.filter((step) => here < end && ahead(step) > 0 && STATES.indexOf(step.to_state) <= end);
  return onward.sort((one, other) => ahead(one) - ahead(other))[0] || steps[0];
}

/** Say that somebody else was faster; a note that was written is not lost. */
function movedOn(problem, { note }) {
  const words = say("desk.moved_on", { words: problem.message });
  return note ? `${words} ${say("desk.kept_note", { note })}` : words;
}

/** Make what sends a step: done, it shows the issue as it is then; refused, it says why beside what caused it. */
function sender(issue, { form, fault }, { again, candidates }) {
  return async (step, body) => {
    const sent = { action: step.action, version: issue.version, client_id: crypto.randomUUID(), ...body };
    try {
      const taken = await ask(`/issues/${issue.id}/steps`, { method: "POST", body: sent });
      candidates(null);
      return await again(say("desk.step_done", { id: issue.id, action: step.name, state: stateName(taken.state) }), taken);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === CONFLICT) return again(movedOn(problem, body), null);
      const rest = form.hidden ? [problem.message] : showFaults(form, problem);
      return orShow(fault, () => {
        if (rest.length) throw new Problem(problem.status, { detail: rest.join(" ") });
      });
    }
  };
}

/** Open the form of a step below the buttons; it is sent by its own button. */
async function openForm(step, issue, { form, fault, candidates, close, take }) {
  fault.hidden = true;
  form.replaceChildren(make("p.quiet", { role: "status" }, say("desk.loading")));
  form.hidden = false;
  const fields = await orShow(fault, () => fieldsOf(step, issue, candidates));
  if (!fields) return close();
  const leads = STATES.includes(step.to_state) ? make("p.quiet.small", {}, say("desk.leads_to", { state: stateName(step.to_state) })) : "";
  const confirm = make("button.button.main", { type: "submit" }, say("desk.confirm", { action: step.name }));
  const cancel = make("button.button", { type: "button", onclick: close }, say("pages.cancel"));
  form.replaceChildren(...fields, leads, make("div.actions", {}, confirm, cancel));
  form.onsubmit = async (event) => {
    event.preventDefault();
    clearFaults(form);
    confirm.disabled = true;
    await take(step, bodyOf(form));
    confirm.disabled = false;
  };
  form.querySelector("input, select, textarea")?.focus();
  return undefined;
}

/** Suggest what a new report may repeat, of those that came before it. */
async function suggestEarlier(place, issue, merge) {
  const { items } = await ask(`/issues/${issue.id}/duplicates`);
  const before = items.filter((one) => Date.parse(one.reported_at) < Date.parse(issue.reported_at));
  showDuplicates(place, before, merge, say("desk.merge_into"));
}

/** Show the steps of an issue in `host`. */
export async function showSteps(host, issue, { again, candidates }) {
  const fault = make("div.step-fault", { hidden: true });
  const form = make("form.step-form", { novalidate: true, hidden: true });
  const buttons = make("div.actions", {});
  const earlier = make("div.earlier", { hidden: true });
  host.replaceChildren(buttons, form, fault, earlier);
  const found = await orShow(fault, () => ask(`/issues/${issue.id}/steps`));
  if (!found) return;

  const take = sender(issue, { form, fault }, { again, candidates });
  const unfold = (chosen) => {
    for (const button of buttons.children) if (button.hasAttribute("aria-expanded")) button.setAttribute("aria-expanded", String(button === chosen));
  };
  const close = () => {
    const opener = buttons.querySelector("[aria-expanded=true]");
    form.hidden = true;
    candidates(null);
    unfold(null);
    opener?.focus();
  };
  const press = async (step, button) => {
    if (!isPlain(step)) {
      if (button.getAttribute("aria-expanded") === "true") return close();
      unfold(button);
      return openForm(step, issue, { form, fault, candidates, close, take });
    }
    button.disabled = true;
    await take(step, {});
    button.disabled = false;
    return undefined;
  };

  const main = mainOf(found.items, issue);
  for (const step of found.items) {
    const button = make(step === main ? "button.button.main" : "button.button", { type: "button", "data-action": step.action, "aria-expanded": isPlain(step) ? null : "false" }, step.name);
    button.addEventListener("click", () => press(step, button));
    buttons.append(button);
  }
  if (!found.items.length) buttons.append(make("p.quiet", {}, say("desk.no_steps")));
  const merge = found.items.find((step) => step.action === "merge");
  if (merge && issue.state === STATES[0]) await orShow(fault, () => suggestEarlier(earlier, issue, (one) => take(merge, { parent_id: one.id })));
}
