/** To whom an issue goes: the side of a border first, then who is on duty, with the reasons. */

import { ask } from "./api.js";
import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { radios } from "./issue_fields.js";
import { tierName } from "./issue_words.js";
import { count, decimal, page, say } from "./page_data.js";

const POSTED_SHOWN = 6;

function sideText(side) {
  const key = side.distance_m < 0.5 ? "desk.side_here" : "desk.side_near";
  return say(key, { code: shortCode(side.code), name: side.name, metres: decimal(side.distance_m, 0) });
}

function personOption(person) {
  const more = make("span.more.quiet.small", {}, `${person.why.text} · ${say("desk.open_issues", { count: count(person.open_issues) })}`);
  return { value: `staff:${person.staff_code}`, text: make("span", {}, make("b", {}, person.role_name), ` ${person.staff_code}`), more };
}

/** Where nobody is on duty, the nearest station is asked. */
function stationOptions(answer) {
  const station = answer?.nobody?.values;
  return station?.station_code ? [{ value: `station:${station.station_code}`, text: station.station_name, more: null }] : [];
}

function postedOption(person) {
  const role = page.language === "zh" ? person.role_zh : person.role_en;
  return { value: `staff:${person.code}`, text: make("span", {}, make("b", {}, role), ` ${person.code}`), more: null };
}

/** A department by its name: writing one chooses it. */
function departmentField() {
  const choose = make("input", { type: "radio", name: "dispatched_to", value: "", "aria-label": say("desk.to_department") });
  const name = make("input.input", { maxlength: "60", "aria-label": say("desk.give_department"), placeholder: say("desk.department_hint") });
  name.addEventListener("input", () => {
    choose.checked = true;
    choose.value = name.value.trim() && `department:${name.value.trim()}`;
  });
  return make("fieldset.field.options", {}, make("legend", {}, say("desk.to_department")), make("div.option", {}, choose, name));
}

function showReceivers(place, found) {
  const answer = found.answer;
  const people = answer ? answer.people : [];
  const known = new Set(people.map((person) => person.staff_code));
  const posted = found.posted.filter((person) => !known.has(person.code));
  const once = [...new Map(posted.map((person) => [person.code, person])).values()].slice(0, POSTED_SHOWN);
  const options = people.length ? people.map(personOption) : stationOptions(answer);
  const rule = say(`desk.rule_${found.rule}`, { tier: tierName(found.tier) });
  const plan = found.plan_version === null ? "" : say("desk.plan_version", { version: found.plan_version });
  const others = radios("dispatched_to", say("desk.posted"), once.map(postedOption));
  others.removeAttribute("data-field"); // faults stand at the first
  place.replaceChildren(
    ...(answer ? answer.passed : []).map((reason) => make("p.notice.finding", {}, reason.text)),
    answer && answer.nobody ? make("p.notice.finding", {}, answer.nobody.text) : "",
    radios("dispatched_to", people.length ? say("desk.on_duty") : say("desk.give_to"), options, options[0]?.value),
    once.length ? make("details", {}, make("summary", {}, say("desk.posted_count", { count: once.length })), others) : "",
    departmentField(),
    make("p.quiet.small", {}, `${rule} ${plan}`),
  );
}

/** The fields of a dispatch. */
export async function dispatchFields(issue, candidates) {
  const host = make("div.dispatch", {});
  const place = make("div.receivers", { "aria-live": "polite" });
  let latest = 0;
  const show = async (side) => {
    const number = ++latest;
    const found = await ask(`/issues/${issue.id}/receivers`, { query: { side } });
    if (number !== latest) return found;
    candidates(found.answer ? found.answer.people : []);
    if (found.is_border) place.replaceChildren();
    else showReceivers(place, found);
    return found;
  };
  const first = await show(null);
  if (first.is_border) {
    const sides = radios("side", say("desk.give_side"), first.sides.map((side) => ({ value: side.code, text: sideText(side) })));
    sides.addEventListener("change", (event) => show(event.target.value));
    host.append(sides);
  }
  host.append(place);
  return host;
}
