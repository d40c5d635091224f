/** Contradictions: two people have said different things; both are shown in words, and one of the two decides. */

import { make } from "./elements.js";
import { actionName, buildingName, categoryName, kindName, outcomeName, roleName, shortMoment, stateName } from "./field_words.js";
import { say } from "./page_data.js";

function subjectName(facts, { what, id }) {
  if (what === "issue") {
    const issue = facts.issues.find((one) => one.id === Number(id));
    return issue ? `${categoryName(facts, issue.category)} #${issue.id}` : `#${id}`;
  }
  return say("field.visit");
}

/** The fields of a visit in words. */
function fieldWords(facts, fields) {
  const building = facts.buildings.find((one) => one.id === fields.building_id);
  return [
    building ? buildingName(building) : null,
    fields.kind ? kindName(facts, fields.kind) : null,
    fields.visited_at ? shortMoment(fields.visited_at) : null,
    fields.entrance_number ? say("field.entrance_number", { number: fields.entrance_number }) : null,
    fields.note ? `“${fields.note}”` : null,
  ];
}

/** What one side has said, in words. */
function sideWords(facts, side) {
  const steps = side.steps.flatMap(({ action, given }) => [actionName(action), given.outcome ? outcomeName(given.outcome) : null, given.note ? `“${given.note}”` : null]);
  return [...steps, ...fieldWords(facts, side.fields), side.removes ? say("field.removed") : null];
}

function currentWords(facts, current) {
  if (current.state) return [stateName(current.state), current.outcome ? outcomeName(current.outcome) : null].filter(Boolean).join(" · ");
  return fieldWords(facts, current).filter(Boolean).join(" · ");
}

function sideCard(app, conflict, side, pressed) {
  const who = side.who ? `${roleName(app.facts, side.who.role)} ${side.who.code ?? ""}` : "";
  return make(
    "div.side-card",
    {},
    make("p.quiet", {}, [who.trim(), side.made_at ? shortMoment(side.made_at) : null].filter(Boolean).join(" · ")),
    make("p", {}, make("b", {}, sideWords(app.facts, side).filter(Boolean).join(" · ") || "–")),
    make("button.button.main.wide", { type: "button", "data-take": side.entry_id, onclick: () => pressed(side.entry_id) }, say("field.take_side")),
  );
}

/** Draw a contradiction with both its sides. */
function drawConflict(app, conflict) {
  const title = subjectName(app.facts, conflict.subject);
  const now = currentWords(app.facts, conflict.current);
  const pressed = async (take) => {
    await app.add({ what: "resolve", conflict: conflict.entry_id, take }, { label: `${say("field.conflict")} · ${title}` });
    app.tell(make("p", {}, `✓ ${say("field.decided")} ${title}`));
  };
  return make(
    "section.card.conflict",
    { "data-conflict": conflict.entry_id },
    make("h2", {}, `⇄ ${say("field.conflict")}: ${title}`),
    make("p", {}, say("field.conflict_text")),
    ...conflict.sides.map((side) => sideCard(app, conflict, side, pressed)),
    now ? make("p", {}, say("field.conflict_now", { now })) : null,
    make("button.button.wide", { type: "button", "data-take": "current", onclick: () => pressed("current") }, say("field.take_current")),
  );
}

/** The contradictions that nobody has decided yet, oneself on this phone included. */
export function drawConflicts(app) {
  const decided = app.sync.queue.items.filter((item) => item.body.what === "resolve" && item.state !== "refused");
  const open = app.facts.conflicts.filter((one) => !decided.some((item) => item.body.conflict === one.entry_id));
  return open.map((conflict) => drawConflict(app, conflict));
}
