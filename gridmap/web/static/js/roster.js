/** Page of the roster: a week of an area or a station, who is on duty now, and where nobody is. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { ask, orShow } from "./api.js";
import * as calls from "./calls.js";
import { make } from "./elements.js";
import { areaName, page, say } from "./page_data.js";
import { setUpImport } from "./roster_import.js";
import { getPattern, openException, openPattern, setUpPatterns } from "./roster_patterns.js";
import { setUpPhones } from "./roster_phones.js";
import { placeName, showHoles, showNow, showWeek } from "./roster_week.js";

const WEEK_MS = 7 * 24 * 3600 * 1000;
const INDENT = { district: "", street: "", community: "\u2003", grid: "\u2003\u2003" };
const at = (id) => document.getElementById(id);
const fault = at("fault");
const state = { area: "", station: "", on: "" };
let latest = 0;

/** Give the day of an instant as the date field has it, on the clock of the reader or of a zone. */
function dayOf(date, timeZone = undefined) {
  return new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone }).format(date);
}

async function show() {
  const number = ++latest;
  await orShow(fault, async () => {
    const where = state.station ? { station: state.station } : { area: state.area };
    const week = await ask("/roster", { query: { ...where, on: state.on } });
    if (number !== latest) return;
    at("on").value = week.days[0].day;
    showNow(week);
    showHoles(week);
    showWeek(week, openShift);
  });
}

async function listStations() {
  const found = await orShow(fault, () => ask("/stations", { query: { area: state.area, kind: "station", limit: 1000 } }));
  const options = (found ? found.items : []).map((one) => make("option", { value: one.code }, one.name));
  at("station").replaceChildren(make("option", { value: "" }, say("roster_page.whole_area")), ...options);
  if (state.station && !options.some((one) => one.value === state.station)) {
    at("station").append(make("option", { value: state.station }, state.station));
  }
  at("station").value = state.station;
}

async function change(changes, step = true) {
  const moved = "area" in changes;
  Object.assign(state, changes);
  if (![...at("area").options].some((one) => one.value === state.area)) {
    const area = await orShow(fault, () => calls.getArea(state.area));
    if (area) at("area").append(make("option", { value: area.code }, areaName(area)));
  }
  at("area").value = state.area;
  writeAddress(state, { step });
  if (moved) await listStations();
  at("station").value = state.station;
  await show();
}

function move(weeks) {
  const monday = new Date(`${at("on").value || dayOf(new Date())}T12:00:00`);
  change({ on: dayOf(new Date(monday.getTime() + weeks * WEEK_MS)) });
}

function factRow(name, value) {
  return value ? [make("dt", {}, say(`roster_page.${name}`)), make("dd", {}, value)] : [];
}

/** List the places of the choice above as the dialog of patterns takes them. */
function listPlaces() {
  const named = (kind, option) => ({ word: `${kind}:${option.value}`, name: option.textContent.trim() });
  const stations = [...at("station").options].filter((option) => option.value).map((option) => named("station", option));
  const words = [...stations, named("area", at("area").selectedOptions[0])];
  const chosen = words.findIndex((one) => one.word === `station:${state.station}`);
  return chosen > 0 ? [words[chosen], ...words.filter((one) => one !== words[chosen])] : words;
}

/** Make the buttons that lead from a weekly shift to its pattern, and to the one day. */
function patternButtons(dialog, line, duty, refusal) {
  const button = (key, opened) =>
    make(
      "button.button",
      {
        type: "button",
        "data-do": key,
        onclick: () =>
          orShow(refusal, async () => {
            const there = await getPattern(line.staff_code, duty.pattern_id);
            dialog.close();
            await opened(there);
          }),
      },
      say(`roster_page.${key}`),
    );
  return [
    button("pattern_change", (there) => openPattern(there)),
    button("exception", (there) => openException(there, dayOf(new Date(duty.starts_at), there.zone))),
  ];
}

/** Show one shift with its phone; a weekly one can be changed, ended and dropped, a single one that is to come dropped. */
function openShift(line, duty, hours) {
  const dialog = at("shift");
  const close = make("button.button", { type: "button", onclick: () => dialog.close() }, say("roster_page.close"));
  const isWeekly = duty.pattern_id !== null;
  const drop = make(
    "button.button",
    {
      type: "button",
      "data-do": "drop",
      onclick: () => {
        drop.replaceWith(sure);
        sure.focus();
      },
    },
    say(isWeekly ? "roster_page.drop" : "roster_page.drop_shift"),
  );
  const sure = make(
    "button.button.main",
    {
      type: "button",
      onclick: () =>
        orShow(refusal, async () => {
          await ask(isWeekly ? `/roster/patterns/${duty.pattern_id}` : `/roster/shifts/${duty.shift_id}`, { method: "DELETE" });
          dialog.close();
          await show();
        }),
    },
    say(isWeekly ? "roster_page.drop_sure" : "roster_page.drop_shift_sure"),
  );
  const refusal = make("div", { hidden: true });
  const phone = line.phone ? make("a.button", { href: `tel:${line.phone}` }, line.phone) : say("roster_page.no_phone");
  at("shift-body").replaceChildren(
    make("h2", { id: "shift-title" }, `${page.language === "en" ? line.role_en : line.role_zh} ${line.staff_code}`),
    make(
      "dl.facts",
      {},
      ...factRow("hours", hours),
      ...factRow("place", placeName(line)),
      ...factRow("organisation", line.organisation),
      ...factRow("phone", phone),
      ...factRow("kind", say(isWeekly ? "roster_page.weekly" : "roster_page.single")),
    ),
    duty.after_last_posting ? make("p.left", {}, `▲ ${say("roster_page.left_text")}`) : null,
    refusal,
    make(
      "div.actions.end",
      {},
      ...(page.may_write && isWeekly ? patternButtons(dialog, line, duty, refusal) : []),
      page.may_write && (isWeekly || new Date(duty.starts_at) > new Date()) ? drop : null,
      close,
    ),
  );
  dialog.showModal();
}

at("area").addEventListener("change", () => change({ area: at("area").value, station: "" }));
at("station").addEventListener("change", () => change({ station: at("station").value }));
at("on").addEventListener("change", () => change({ on: at("on").value }));
at("before").addEventListener("click", () => move(-1));
at("after").addEventListener("click", () => move(1));
at("today").addEventListener("click", () => change({ on: "" }));
at("filters").addEventListener("submit", (event) => event.preventDefault());
onStepBack((asked) => asked.area && change({ area: asked.area, station: asked.station || "", on: asked.on || "" }, false));

async function start() {
  const asked = readAddress();
  const places = await orShow(fault, async () => {
    const [streets, communities] = await Promise.all([
      calls.listAreas({ level: "street" }),
      calls.listAreas({ level: "community" }),
    ]);
    const known = new Map([...page.areas, ...streets, ...communities].map((area) => [area.code, area]));
    return [...known.values()].sort((one, other) => (one.code < other.code ? -1 : 1));
  });
  if (!places) return;
  at("area").replaceChildren(
    ...places.map((area) => make("option", { value: area.code }, `${INDENT[area.level] ?? ""}${areaName(area)}`)),
  );
  const first = places.find((area) => area.level === "community") ?? places[0];
  if (!first && !asked.area) {
    at("sentence").textContent = say("roster_page.no_areas");
    return;
  }
  await change({ area: asked.area || first.code, station: asked.station || "", on: asked.on || "" }, false);
}

if (page.may_write) {
  setUpImport(show);
  setUpPatterns({ places: listPlaces, area: () => state.area, changed: show });
}
if (page.may_set_phones) setUpPhones();
await start();
