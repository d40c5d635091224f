/** The card of an issue: what it says, what became of it, and the steps one may take, with and without network. */

import { make } from "./elements.js";
import { photoField, photoOf } from "./field_photo.js";
import { actionName, buildingName, categoryName, doorText, outcomeName, shortMoment, stateName } from "./field_words.js";
import { field } from "./form_fields.js";
import { page, say, sayOr } from "./page_data.js";
import { warnOfPrivate } from "./private_words.js";

const MAIN = ["accept", "respond", "settle"]; // what leads on, in the order of a smooth life
const ASIDE = "escalate";
const LONGEST = "4000";

const isPlain = (step) => !step.gives.length && !step.outcomes.length;

/** A field for words, which warns of what may name somebody. */
export function wordsField(name, label, { isAsked = false, hint = null, value = "", longest = LONGEST } = {}) {
  const area = make("textarea.input", { rows: "3", maxlength: longest, required: isAsked, placeholder: hint });
  area.value = value;
  const warning = make("p.notice.finding", { role: "status", hidden: true });
  area.addEventListener("input", () => warnOfPrivate(area.value, warning));
  const made = field(name, label, area);
  made.append(warning);
  return made;
}

function outcomeField(outcomes) {
  const radio = (outcome, at) => {
    const input = make("input", { type: "radio", name: "outcome", value: outcome, required: true, checked: at === 0 });
    return make("label.radio", {}, input, make("span", {}, outcomeName(outcome)));
  };
  return make("fieldset.field", {}, make("legend", {}, say("field.outcome")), ...outcomes.map(radio));
}

function givenBy(form) {
  const given = {};
  const note = form.elements.note?.value.trim();
  if (note) given.note = (form.dataset.before ?? "") + note;
  if (form.elements.outcome?.value) given.outcome = form.elements.outcome.value;
  if (form.elements.until?.value) given.until = new Date(form.elements.until.value).toISOString();
  return given;
}

/** Queue a step, behind one's own steps that are still on their way. */
function take(app, issue, step, given, photo = null) {
  const about = issue.id === null ? { issue: issue.entry } : { issue_id: issue.id };
  const after = issue.pending?.state === "waiting" ? issue.pending.body.id : null;
  const body = { what: "step", ...about, action: step.action, given, version: issue.id === null ? null : issue.version, after };
  return app.add(body, { label: `${categoryName(app.facts, issue.category)} · ${step.name}`, photo });
}

/** The form of a step: what it asks for and no more; words and a photo where one likes. */
function stepForm(app, issue, step, { close, ask = null }) {
  const needsNote = step.gives.includes("note");
  const form = make(
    "form.step-form",
    { "data-before": ask?.before ?? null },
    make("h3", {}, ask?.title ?? step.name),
    step.outcomes.length > 1 ? outcomeField(step.outcomes) : null,
    step.gives.includes("until") ? field("until", say("field.until"), make("input.input", { type: "datetime-local", required: true })) : null,
    wordsField("note", say(needsNote ? "field.note" : "field.note_optional"), { isAsked: needsNote, hint: ask?.hint ?? null }),
    photoField(),
    make("div.pair", {}, make("button.button.main", {}, say("field.confirm", { action: ask?.title ?? step.name })), make("button.button", { type: "button", onclick: close }, say("pages.cancel"))),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = givenBy(form);
    if (step.outcomes.length === 1) [given.outcome] = step.outcomes;
    const photo = await photoOf(form);
    form.remove();
    await take(app, issue, step, given, photo);
  });
  return form;
}

function stepButtons(app, issue) {
  const place = make("div.step-place", {});
  const buttons = make("div.steps", {});
  const open = (step, ask) => {
    buttons.hidden = true;
    const close = () => {
      place.replaceChildren();
      buttons.hidden = false;
    };
    place.replaceChildren(stepForm(app, issue, step, { close, ask }));
    place.querySelector("input, textarea").focus();
  };
  const main = MAIN.find((action) => issue.steps.some((step) => step.action === action));
  const button = (step) => {
    const press = (event) => {
      if (!isPlain(step)) return open(step);
      event.currentTarget.disabled = true;
      return take(app, issue, step, {});
    };
    const style = step.action === main ? "button.button.main.wide.big" : "button.button.wide";
    return make(style, { type: "button", "data-action": step.action, onclick: press }, step.name);
  };
  const inOrder = [...issue.steps].sort((one, other) => (other.action === main) - (one.action === main));
  buttons.append(...inOrder.map(button));
  const aside = issue.steps.find((step) => step.action === ASIDE);
  if (aside) {
    const ask = { title: say("field.extension"), before: `${say("field.extension")}: `, hint: say("field.extension_hint") };
    buttons.append(make("button.button.wide", { type: "button", "data-action": "extension", onclick: () => open(aside, ask) }, ask.title));
  }
  if (!issue.steps.length) buttons.append(make("p.quiet", {}, say("field.no_steps")));
  return [buttons, place];
}

function eventRow(event) {
  const words = [shortMoment(event.at), event.role ? sayOr(`pages.role_${event.role}`, event.role) : null, stateName(event.to_state)];
  return make(
    "li",
    {},
    make("span", {}, make("b", {}, event.action === "report" ? say("field.report") : actionName(event.action)), " ", make("span.quiet", {}, words.filter(Boolean).join(" · "))),
    event.note ? make("p", {}, event.note) : null,
  );
}

function photosOf(issue) {
  if (!issue.photos.length) return null;
  const shown = issue.photos.map((photo, at) => {
    const address = `/api/v1/issues/${issue.id}/photos/${photo.id}`;
    const image = make("img", { src: address, alt: say("field.photo_number", { number: at + 1 }), width: "96", height: "96", loading: "lazy" });
    image.addEventListener("error", () => image.replaceWith(make("span.quiet", {}, say("field.photo_offline"))));
    return make("a", { href: address, target: "_blank" }, image);
  });
  return make("div.photos", {}, ...shown);
}

function addPhoto(app, issue) {
  const input = make("input.unseen", { type: "file", accept: "image/*", id: "add-photo" });
  input.addEventListener("change", async () => {
    const about = issue.id === null ? { issue: issue.entry } : { issue_id: issue.id };
    await app.addPhoto(await photoOf({ querySelector: () => input }), about, categoryName(app.facts, issue.category));
  });
  return make("p", {}, input, make("label.button.wide", { for: "add-photo" }, say("field.photo_add")));
}

/** Draw the card of an issue. */
export function drawIssue(app, asked) {
  const issue = app.facts.issues.find((one) => (asked.issue ? one.id === Number(asked.issue) : one.entry === asked.entry));
  if (!issue) return { title: say("field.issue_gone"), content: [make("p.notice", {}, say("field.issue_gone_text"))] };
  const building = app.facts.buildings.find((one) => one.id === issue.building_id);
  const isOverdue = issue.due_at && Date.parse(issue.due_at) < Date.now();
  const where = [building ? buildingName(building) : null, doorText(issue)].filter(Boolean).join(" ");
  return {
    title: categoryName(app.facts, issue.category),
    content: [
      make("p.issue-head", {}, make("span.badge", {}, stateName(issue.state)), issue.dispatched_to_me ? make("span.badge.mine", {}, say("field.to_me")) : null, issue.id === null ? null : make("span.quiet", {}, `#${issue.id}`)),
      issue.due_at ? make(isOverdue ? "p.notice.finding" : "p", {}, (isOverdue ? "! " : "") + say(isOverdue ? "field.overdue" : "field.due_by", { at: shortMoment(issue.due_at) })) : null,
      where ? make("p.address", {}, where) : null,
      issue.text ? make("p.issue-text", {}, issue.text) : null,
      issue.pending || issue.isOwn ? make("p.notice", {}, `↑ ${say("field.step_pending")}`) : null,
      ...stepButtons(app, issue),
      photosOf(issue),
      addPhoto(app, issue),
      building ? make("button.button.wide", { type: "button", onclick: () => app.open({ building: building.id }) }, say("field.to_building")) : null,
      issue.events.length ? make("section.card", {}, make("h3", {}, say("field.events")), make("ul.lines.events", {}, ...issue.events.map(eventRow))) : null,
      issue.id !== null && page.role === "field" ? make("p", {}, make("a", { href: `/issues/${issue.id}` }, say("field.whole_page"))) : null,
    ],
  };
}
