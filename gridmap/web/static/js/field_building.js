/** The card of a building: what one needs at its door, with and without network. */

import { icon, make } from "./elements.js";
import { myKinds, visitOf } from "./field_facts.js";
import { stackOf } from "./field_stack.js";
import { visitRow } from "./field_visits.js";
import { buildingName, categoryName, doorText, roleName, shortDay, stateName } from "./field_words.js";
import { shortCode } from "./grid_style.js";
import { count, page, say, sayOr } from "./page_data.js";

const FEW = 6;
const star = (isEstimated, key) => (isEstimated ? make("abbr", { title: say(key) }, "*") : null);

function numbers(building) {
  const number = (value, key, mark = null) => make("div", {}, make("dd", {}, count(value), mark), make("dt", {}, say(key)));
  return make(
    "dl.numbers",
    {},
    number(building.households, "field.households", star(building.households_estimated, "field.estimated")),
    number(building.entrance_count, "field.entrances", star(building.entrances_estimated, "field.entrances_estimated")),
    number(building.storeys, "field.storeys"),
    number(building.open_issues, "field.open_issues"),
  );
}

/** Somebody who answers for the building, with the phone of the post one tap away. */
function person(facts, one) {
  const phone = one.duty_phone
    ? make("a.button", { href: `tel:${one.duty_phone}` }, icon("phone"), make("span", {}, one.duty_phone))
    : null;
  return make(
    "li",
    {},
    make("span", {}, make("b", {}, roleName(facts, one.role)), ` ${one.code} `, make("span.quiet", {}, sayOr(`field.posted_${one.level}`, say("field.posted_area")))),
    phone,
  );
}

function peopleOf(facts, building) {
  const rows = building.people.map((one) => person(facts, one));
  if (!rows.length) return [make("p.quiet", {}, say("field.no_people"))];
  const shown = [make("ul.lines", {}, ...rows.slice(0, FEW))];
  if (rows.length > FEW) {
    shown.push(make("details", {}, make("summary", {}, say("field.more_people", { count: rows.length - FEW })), make("ul.lines", {}, ...rows.slice(FEW))));
  }
  return shown;
}

function partsOf(building) {
  const sums = new Map();
  for (const part of building.parts) sums.set(part.micro_grid_code, (sums.get(part.micro_grid_code) ?? 0) + part.households);
  if (!sums.size) return make("p.quiet", {}, say("field.no_micro_grid"));
  const row = ([code, homes]) =>
    make("li", {}, make("span", {}, make("b", {}, shortCode(code)), " ", make("span.quiet", {}, code)), make("span", {}, say("field.part_households", { count: count(homes) })));
  return make("ul.lines", {}, ...[...sums].sort().map(row));
}

function issueRow(app, issue) {
  const open = () => app.open(issue.id === null ? { entry: issue.entry } : { issue: issue.id });
  const where = [doorText(issue), shortDay(issue.reported_at)].filter(Boolean).join(" · ");
  return make(
    "li",
    {},
    make(
      "button.line-button",
      { type: "button", onclick: open },
      make("b", {}, categoryName(app.facts, issue.category)),
      make("span.badge", {}, stateName(issue.state)),
      make("span.quiet", {}, where),
    ),
  );
}

function section(title, ...children) {
  return make("section.card", {}, make("h3", {}, title), ...children);
}

/**
 * Draw the card of a building.
 *
 * @param {object} app the page
 * @param {{building: string, visit?: string, entrance?: string}} asked `visit`: one has just scanned the code at its door
 */
export function drawBuilding(app, asked) {
  const building = app.facts.buildings.find((one) => one.id === Number(asked.building));
  if (!building) return { title: say("field.not_mine"), content: [make("p.notice.finding", {}, say("field.not_mine_text"))] };
  const kinds = myKinds(app.facts);
  const sorted = [...kinds].sort((one, other) => (other.code === app.kind) - (one.code === app.kind));
  const main = sorted.find((kind) => visitOf(building, kind.code)?.done === false)?.code;
  const entrance = Number(asked.entrance) || null;
  const scanned = asked.visit ? make("p.notice", {}, entrance ? say("field.scanned_entrance", { number: entrance }) : say("field.scanned")) : null;
  const issues = app.facts.issues.filter((issue) => issue.building_id === building.id);
  const way = () => app.showWay(building);
  return {
    title: buildingName(building),
    content: [
      building.address ? make("p.address", {}, building.address) : null,
      scanned,
      section(say("field.visits"), ...sorted.map((kind) => visitRow(app, building, kind, { isMain: kind.code === main, entrance }))),
      make(
        "div.pair",
        {},
        make("button.button", { type: "button", onclick: way }, icon("walk"), say("field.way")),
        make("button.button", { type: "button", onclick: () => app.open({ report: building.id }) }, icon("plus"), say("field.new_issue")),
        make("button.button", { type: "button", "data-order-form": true, onclick: () => app.open({ order: building.id }) }, icon("plus"), say("orders.write")),
      ),
      section(
        say("field.open_issues"),
        issues.length ? make("ul.lines", {}, ...issues.map((issue) => issueRow(app, issue))) : make("p.quiet", {}, say("field.no_issues")),
      ),
      section(say("field.people"), ...peopleOf(app.facts, building)),
      section(say("field.stack"), numbers(building), stackOf(building), partsOf(building)),
      page.role === "field" ? make("p", {}, make("a", { href: `/buildings/${building.id}` }, say("field.whole_page"))) : null,
    ],
  };
}
