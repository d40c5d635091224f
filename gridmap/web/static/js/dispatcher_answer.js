/** What the dispatchers' page says: the people on duty with their reasons, and who answers at the place. */

import { icon, make } from "./elements.js";
import { count, decimal, page, say, sayOr } from "./page_data.js";

const POSTINGS_SHOWN = 3;
const PEOPLE_SHOWN = 4;
const field = (id) => document.getElementById(id);

function postingsOf(person) {
  const between = page.language === "zh" ? "、" : ", ";
  const names = person.postings
    .slice(0, POSTINGS_SHOWN)
    .map((one) => `${sayOr(`duty.place_${one.place_kind}`, one.place_kind)} ${one.place_name}`);
  const rest = person.postings.length - names.length;
  if (rest > 0) names.push(say("dispatcher.more_postings", { count: rest }));
  return names.length ? say("dispatcher.posted_to", { places: names.join(between) }) : say("dispatcher.not_posted");
}

function phoneOf(person) {
  if (!person.phone) return make("span.quiet.small", {}, say("dispatcher.no_phone"));
  return make("a.button", { href: `tel:${person.phone}` }, icon("phone"), person.phone);
}

function row(person, number, choose) {
  const distance =
    person.how === "on_foot"
      ? say("dispatcher.minutes", { minutes: decimal(person.walk_minutes, 0) })
      : say("dispatcher.straight", { metres: count(Math.round(person.walk_m)) });
  return make(
    "li",
    { "data-code": person.staff_code },
    make(
      "button.choose",
      { type: "button", "aria-pressed": "false", onclick: () => choose(person.staff_code) },
      make("span.number", {}, String(number)),
      make("span", {}, make("b", {}, person.role_name), ` ${person.staff_code}`),
      make("span.minutes", {}, distance),
      make("span.why", {}, person.why.text),
    ),
    make("p.more.quiet.small", {}, postingsOf(person)),
    make(
      "p.more",
      {},
      phoneOf(person),
      make("span.badge", {}, say("dispatcher.open_issues", { count: count(person.open_issues) })),
      make("a", { href: `/staff/${encodeURIComponent(person.staff_code)}` }, say("dispatcher.to_post")),
      person.station_code
        ? make("a", { href: `/stations/${encodeURIComponent(person.station_code)}` }, say("dispatcher.to_station"))
        : null,
      ...person.skills.map((skill) => make("span.badge", {}, skill)),
    ),
  );
}

/** List who is on duty; nobody, or no answer at all, says what to do instead. */
export function showPeople(answer, choose) {
  const people = answer ? answer.people : [];
  field("passed").replaceChildren(
    ...(answer ? answer.passed : []).map((reason) => make("li.notice.finding", {}, reason.text)),
  );
  field("people").replaceChildren(...people.map((person, at) => row(person, at + 1, choose)));
  field("definition").textContent = people.length ? answer.definition : "";
  field("load-definition").textContent = people.length ? answer.load_definition : "";
  if (!answer) field("said").textContent = say("dispatcher.no_answer");
  else if (answer.nobody) field("said").textContent = answer.nobody.text;
  else field("said").textContent = say("dispatcher.count", { count: people.length });
}

/** Say where the asked point lies and who answers there, on duty or not. */
export function showHere(place) {
  const here = place && place.here;
  field("here").hidden = !here;
  if (!here) return;
  const between = page.language === "zh" ? "、" : ", ";
  const address = here.building && (here.building.address || here.building.name);
  const areas = here.areas.map((area) => area.name).reverse();
  const people = here.people.slice(0, PEOPLE_SHOWN);
  const role = (person) => (page.language === "zh" ? person.role_zh : person.role_en);
  const names = people.map((person) => `${role(person)} ${person.code}`).join(between);
  field("here").replaceChildren(
    make("h2", {}, address || say("dispatcher.no_building")),
    make("p.quiet.small", {}, [...areas, ...here.micro_grids].join(" › ")),
    make("p.small", {}, names ? say("dispatcher.answers_here", { people: names }) : say("dispatcher.nobody_here")),
  );
}
