/** Today: what must be known first, the next stop, and what is due in walking order. */

import { icon, make } from "./elements.js";
import { dueBuildings, myKinds, visitOf } from "./field_facts.js";
import { drawHandoffs } from "./field_handoffs.js";
import { findPosition, roundAtOnce, walkingRound } from "./field_round.js";
import { recordVisit } from "./field_visits.js";
import { buildingName, inLanguage, shortDay, wayText } from "./field_words.js";
import { shortCode } from "./grid_style.js";
import { count, households, say } from "./page_data.js";

const MOST_STOPS = 30; // more are one tap away: a day has no more

function sentence(facts) {
  const homes = facts.micro_grids.reduce((sum, one) => sum + one.households, 0);
  const isEstimated = facts.micro_grids.some((one) => one.households_estimated);
  const open = facts.issues.length;
  const values = { micro_grids: count(facts.micro_grids.length), households: count(homes) + (isEstimated ? "*" : ""), count: count(open) };
  if (!facts.micro_grids.length && !facts.buildings.length) return say("field.no_buildings");
  return say(open ? "field.today_open" : "field.today_clear", values);
}

/** A button for each kind of visit one has to make, with what is left of it. */
function kindStrip(app) {
  const kinds = myKinds(app.facts);
  if (kinds.length < 2) return null;
  const button = (kind) => {
    const left = dueBuildings(app.facts, kind.code).length;
    const words = left ? say("field.left", { count: count(left) }) : say("field.none_left");
    const isChosen = kind.code === app.kind;
    return make(
      "button",
      { type: "button", "data-kind": kind.code, "aria-pressed": String(isChosen), onclick: () => app.chooseKind(kind.code) },
      make("b", {}, inLanguage(kind)),
      make("span", {}, words),
    );
  };
  return make("div.kinds", { role: "group", "aria-label": say("field.kind") }, ...kinds.map(button));
}

function stopWay(stop) {
  if (stop.walk_m === null) return null;
  return stop.isStraight ? say("field.straight", { way: wayText(stop.walk_m) }) : say("field.on_foot", { way: wayText(stop.walk_m) });
}

/** The next stop: its name, the way there, one large button. */
function nextStop(app, stop, kind) {
  const { building } = stop;
  const facts = [stopWay(stop), building.address].filter(Boolean).join(" · ");
  const visit = visitOf(building, kind.code);
  const record = async (event) => {
    event.currentTarget.disabled = true;
    await recordVisit(app, building, kind.code);
  };
  return make(
    "section.card.next",
    { "aria-labelledby": "next-title", "data-building": building.id },
    make("p.quiet", {}, say("field.next_stop")),
    make("h2", { id: "next-title" }, make("button.name-button", { type: "button", onclick: () => app.open({ building: building.id }) }, buildingName(building))),
    facts ? make("p", {}, facts) : null,
    make("p.quiet", {}, `${inLanguage(kind)} · ${say(`field.due_${kind.period}`, { day: shortDay(visit.due_last_day) })}`),
    make("button.button.main.wide.big", { type: "button", "data-visit": kind.code, onclick: record }, icon("check"), say("field.visited")),
    make("div.pair", {}, make("button.button", { type: "button", onclick: () => app.showWay(building) }, icon("walk"), say("field.way")), make("button.button", { type: "button", onclick: () => app.open({ building: building.id }) }, icon("building"), say("field.card"))),
  );
}

function stopRow(app, stop, number) {
  const { building } = stop;
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-building": building.id, onclick: () => app.open({ building: building.id }) },
      make("b", {}, `${number} ${buildingName(building)}`),
      make("span.side", {}, stop.walk_m === null ? "" : wayText(stop.walk_m)),
      make("span.quiet", {}, building.address || ""),
      building.open_issues ? make("span.open", {}, say("field.open_count", { count: count(building.open_issues) })) : null,
    ),
  );
}

function roundHead(app, round) {
  const sum = round.stops.reduce((total, stop) => total + (stop.walk_m ?? 0), 0);
  const words = say(round.isStraight ? "field.round_straight" : "field.round", { count: count(round.stops.length), way: wayText(sum) });
  const fromHere = async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    const found = app.position ? null : await findPosition();
    if (!found && !app.position) app.tell(make("p", {}, say("field.no_position")));
    app.setPosition(found);
  };
  const text = app.position ? say("field.from_station") : say("field.from_here");
  return make("div.round-head", {}, make("p", {}, words), make("button.button", { type: "button", id: "from-here", onclick: fromHere }, icon("map"), text));
}

/** One's micro-grids; pressing one shows it on the map. */
function microGrids(app) {
  if (!app.facts.micro_grids.length) return null;
  const row = (cell) =>
    make(
      "li",
      {},
      make(
        "button",
        { type: "button", "data-code": cell.code, onclick: () => app.showMicroGrid(cell) },
        make("b", {}, shortCode(cell.code)),
        make("span.side", {}, households(cell.households, cell.households_estimated)),
        make("span.quiet", {}, cell.contents),
      ),
    );
  const rows = app.facts.micro_grids.map(row);
  return make("section.own-cells", {}, make("h2", {}, say("field.my_micro_grids")), make("ul.cards", { id: "micro-grids", "aria-label": say("field.my_micro_grids") }, ...rows));
}

function draw(host, app, round) {
  const kind = app.facts.visit_kinds.find((one) => one.code === app.kind);
  const [first, ...rest] = round?.stops ?? [];
  const parts = [
    make("p.sentence", { id: "today" }, sentence(app.facts)),
    ...app.notices(),
    app.facts.handoffs.length ? make("div.handoffs", { id: "handoffs" }, ...drawHandoffs(app)) : null,
    kindStrip(app),
  ];
  if (first) {
    parts.push(nextStop(app, first, kind), roundHead(app, round));
    parts.push(make("ul.cards", { id: "round", "aria-label": say("field.round_list") }, ...rest.slice(0, MOST_STOPS).map((stop, at) => stopRow(app, stop, at + 2))));
    if (rest.length > MOST_STOPS) parts.push(make("p.quiet", {}, say("field.round_more", { count: count(rest.length - MOST_STOPS) })));
  } else if (kind && app.facts.buildings.length) {
    parts.push(make("p.notice", {}, `✓ ${say("field.all_done", { kind: inLanguage(kind) })}`));
  }
  parts.push(microGrids(app));
  host.replaceChildren(...parts.filter(Boolean));
}

/** Draw the tab: at once with what the phone knows, again when the server has told the way on foot. */
export async function showToday(host, app) {
  const kind = app.kind;
  const first = kind ? roundAtOnce(app, kind) : null;
  draw(host, app, first);
  app.map.showRound(first);
  if (!first?.stops.length) return;
  const facts = app.facts;
  const walked = await walkingRound(app, kind);
  if (!walked || app.kind !== kind || app.facts !== facts) return; // something newer is shown by now
  draw(host, app, walked);
  app.map.showRound(walked);
}
