/** The words of the field page: names of places and people, distances, days. */

import { page, say, sayOr } from "./page_data.js";

const locale = page.language === "zh" ? "zh-CN" : "en-GB";
const DAY = { month: "short", day: "numeric" };
const TIME = { hour: "2-digit", minute: "2-digit" };
const KM = 1000;

export const inLanguage = (named) => (page.language === "zh" ? named.name_zh : named.name_en);

/** Name a building as one speaks of it. */
export function buildingName(building) {
  const name = [building.compound_name, building.name].filter(Boolean).join(" ");
  return name || building.address || say("field.building_number", { id: building.id });
}

/** Another year than this one is named, else a day of last December looks as if it were to come. */
const yearOf = (at) => (at.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" });

/** Write the day of an instant, or a day. */
export function shortDay(text) {
  const at = new Date(text.length === 10 ? `${text}T12:00:00` : text);
  return at.toLocaleDateString(locale, { ...DAY, ...yearOf(at) });
}

/** Write an instant as day and time, today as its time alone. */
export function shortMoment(text) {
  const at = new Date(text);
  const isToday = at.toDateString() === new Date().toDateString();
  return isToday ? at.toLocaleTimeString(locale, TIME) : at.toLocaleString(locale, { ...DAY, ...TIME, ...yearOf(at) });
}

/** Write a way on foot. */
export function wayText(metres) {
  if (metres >= KM) return say("field.way_km", { km: (metres / KM).toFixed(1) });
  return say("field.way_m", { m: Math.max(10, Math.round(metres / 10) * 10) });
}

export const categoryName = (facts, code) => {
  const named = facts.categories.find((one) => one.category === code);
  return named ? inLanguage(named) : sayOr(`pages.category_${code}`, code);
};
export const stateName = (state) => sayOr(`pages.state_${state}`, state);
export const actionName = (action) => sayOr(`handling.action_${action}`, action);
export const outcomeName = (outcome) => sayOr(`handling.outcome_${outcome}`, outcome);

/** Name a kind of visit. */
export function kindName(facts, code) {
  const kind = facts.visit_kinds.find((one) => one.code === code);
  return kind ? inLanguage(kind) : code;
}

/** Name a role. */
export function roleName(facts, code) {
  return facts.roles[code] ? inLanguage(facts.roles[code]) : code;
}

/** Say where in a building an issue is. */
export function doorText({ entrance_number: entrance, floor }) {
  const words = [];
  if (entrance) words.push(say("field.entrance_number", { number: entrance }));
  if (floor) words.push(say("field.floor", { number: floor }));
  return words.join(" ");
}
