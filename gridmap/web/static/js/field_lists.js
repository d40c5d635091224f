/** The lists of buildings and of issues in hand. */

import { make } from "./elements.js";
import { myKinds, searchBuildings, visitOf } from "./field_facts.js";
import { buildingName, categoryName, doorText, kindName, shortMoment, stateName } from "./field_words.js";
import { count, households, say } from "./page_data.js";

const empty = (list, key) => list.replaceChildren(make("li.empty", {}, say(key)));

/** A sign for each kind of visit: done or due. */
function visitSigns(app, building) {
  if (!building.households) return null;
  const signs = myKinds(app.facts).map((kind) => {
    const visit = visitOf(building, kind.code);
    if (!visit) return null;
    const words = `${kindName(app.facts, kind.code)} ${say(visit.done ? "field.done" : "field.due")}`;
    return make(`span.sign${visit.done ? ".done" : ".due"}`, {}, `${visit.done ? "✓" : "○"} ${words}`);
  });
  return make("span.signs", {}, ...signs);
}

function buildingRow(app, building) {
  const facts = [
    say("field.short_entrances", { count: count(building.entrance_count) + (building.entrances_estimated ? "*" : "") }),
    say("field.short_floors", { count: count(building.storeys) }),
    building.address,
  ];
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-building": building.id, onclick: () => app.open({ building: building.id }) },
      make("b", {}, buildingName(building)),
      make("span.side", {}, households(building.households, building.households_estimated)),
      make("span.quiet", {}, facts.filter(Boolean).join(" · ")),
      building.open_issues ? make("span.open", {}, say("field.open_count", { count: count(building.open_issues) })) : null,
      visitSigns(app, building),
    ),
  );
}

/** List the buildings that a search finds. */
export function showBuildings(list, app, text) {
  const found = searchBuildings(app.facts.buildings, text);
  if (found.length) list.replaceChildren(...found.map((one) => buildingRow(app, one)));
  else empty(list, app.facts.buildings.length ? "field.filter_nothing" : "field.no_buildings");
}

function issueRow(app, issue) {
  const building = app.facts.buildings.find((one) => one.id === issue.building_id);
  const where = [building ? buildingName(building) : null, doorText(issue)].filter(Boolean).join(" ");
  const isOverdue = issue.due_at && Date.parse(issue.due_at) < Date.now();
  const due = issue.due_at ? say(isOverdue ? "field.overdue" : "field.due_by", { at: shortMoment(issue.due_at) }) : null;
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-issue": issue.id ?? issue.entry, onclick: () => app.open(issue.id === null ? { entry: issue.entry } : { issue: issue.id }) },
      make("b", {}, categoryName(app.facts, issue.category)),
      make("span.side", {}, make("span.badge", {}, stateName(issue.state))),
      make("span.quiet", {}, where),
      due ? make(isOverdue ? "span.overdue" : "span.quiet", {}, isOverdue ? `! ${due}` : due) : null,
      issue.pending || issue.isOwn ? make("span.signs", {}, make("span.sign.due", {}, `↑ ${say("field.not_sent")}`)) : null,
    ),
  );
}

/** List the issues in hand: those sent to oneself first, then by when they are due. */
export function showIssues(list, app) {
  const due = (issue) => (issue.due_at ? Date.parse(issue.due_at) : Infinity);
  const sorted = [...app.facts.issues].sort((one, other) => other.dispatched_to_me - one.dispatched_to_me || due(one) - due(other));
  if (sorted.length) list.replaceChildren(...sorted.map((one) => issueRow(app, one)));
  else empty(list, "field.no_issues");
}
