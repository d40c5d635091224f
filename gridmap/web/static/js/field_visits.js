/** Recording visits: one tap, a note if one likes, and a way back. */

import { icon, make } from "./elements.js";
import { visitOf } from "./field_facts.js";
import { buildingName, kindName, shortDay, shortMoment } from "./field_words.js";
import { makeId } from "./ids.js";
import { say } from "./page_data.js";

const LONGEST_NOTE = 500;

/** Record a visit to a building, now. */
export async function recordVisit(app, building, kind, { entrance = null } = {}) {
  const record = makeId();
  const label = `${buildingName(building)} · ${kindName(app.facts, kind)}`;
  const fields = { building_id: building.id, kind, visited_at: new Date().toISOString() };
  if (entrance) fields.entrance_number = entrance;
  await app.add({ what: "visit", record, fields }, { label });
  app.tell(
    make("p", {}, make("b", {}, `✓ ${say("field.visit_noted")}`), ` ${label}`),
    make("button.button", { type: "button", onclick: () => takeBack(app, record, label) }, icon("undo"), say("field.undo")),
  );
  return record;
}

async function takeBack(app, record, label) {
  await app.sync.queue.takeBack(record, label);
  app.sync.soon();
  app.tell(make("p", {}, `${say("field.visit_taken_back")} ${label}`));
}

/** The form for a note, in the place of its button. */
function noteForm(app, visit, label, close) {
  const area = make("textarea.input", { rows: "2", maxlength: String(LONGEST_NOTE), "aria-label": say("field.note") });
  area.value = visit.note ?? "";
  const form = make(
    "form.note-form",
    {},
    area,
    make("div.actions", {}, make("button.button.main", {}, say("field.save")), make("button.button", { type: "button", onclick: close }, say("pages.cancel"))),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.remove();
    await app.add({ what: "visit", record: visit.record, fields: { note: area.value.trim() } }, { label });
  });
  return form;
}

function isSent(visit) {
  return visit.items.every((item) => item.state !== "waiting");
}

/** What one has recorded oneself: when, whether it has arrived, the note, and the way back. */
function ownVisit(app, building, visit) {
  const label = `${buildingName(building)} · ${kindName(app.facts, visit.kind)}`;
  const note = visit.note ? make("p.quiet", {}, visit.note) : null;
  const buttons = make("div.actions", {});
  const row = make("div.own-visit", {}, note, buttons);
  const open = () => {
    buttons.hidden = true;
    const form = noteForm(app, visit, label, () => {
      form.remove();
      buttons.hidden = false;
    });
    row.append(form);
    form.querySelector("textarea").focus();
  };
  buttons.append(
    make("button.button", { type: "button", "data-note": visit.record, onclick: open }, say(visit.note ? "field.note_change" : "field.note_add")),
    make("button.button", { type: "button", "data-undo": visit.record, onclick: () => takeBack(app, visit.record, label) }, icon("undo"), say("field.undo")),
  );
  return row;
}

function doneText(visit) {
  if (!visit.own) return visit.last_at ? say("field.done_on", { at: shortMoment(visit.last_at) }) : say("field.done");
  const text = say("field.done_on", { at: shortMoment(visit.own.visited_at) });
  return isSent(visit.own) ? text : `${text} · ${say("field.not_sent")}`;
}

/** A kind of visit at a building: done or due, the last one, and one large button. */
export function visitRow(app, building, kind, { isMain = false, entrance = null } = {}) {
  const visit = visitOf(building, kind.code);
  if (!visit) return null;
  const due = say(`field.due_${kind.period}`, { day: shortDay(visit.due_last_day) });
  const last = visit.last_at ? say("field.last_visit", { at: shortDay(visit.last_at) }) : say("field.never_visited");
  const record = async (event) => {
    event.currentTarget.disabled = true;
    await recordVisit(app, building, kind.code, { entrance });
  };
  const isDue = !visit.done && building.households > 0;
  const style = isMain && isDue ? "button.button.main.wide.big" : "button.button.wide";
  return make(
    "div.visit",
    { "data-kind": kind.code, "data-done": String(visit.done) },
    make(
      "p.visit-head",
      {},
      visit.done || isDue ? make(`span.sign${visit.done ? ".done" : ".due"}`, { "aria-hidden": "true" }, visit.done ? "✓" : "○") : null,
      make("b", {}, kindName(app.facts, kind.code)),
      visit.done ? make("span", {}, doneText(visit)) : null,
      isDue ? make("span", {}, due) : null,
      visit.done ? null : make("span.quiet", {}, last),
    ),
    visit.own ? ownVisit(app, building, visit.own) : null,
    visit.own ? null : make(style, { type: "button", "data-visit": kind.code, onclick: record }, icon("check"), say(visit.done ? "field.visit_again" : "field.visited")),
  );
}
