/** A dialog for one weekly pattern: add it, change or end it, or let one day of it differ. */

import { ask, Problem } from "./api.js";
import { icon, make } from "./elements.js";
import { boxes, choice, clearFaults, field, showFaults } from "./form_fields.js";
import { page, say } from "./page_data.js";

const locale = page.language === "zh" ? "zh-CN" : "en-GB";
const A_MONDAY = Date.UTC(2026, 0, 5);
const DAY_MS = 24 * 3600 * 1000;
const at = (id) => document.getElementById(id);
const dialog = at("pattern");
const form = dialog?.querySelector("form"); // only who may write the roster has it
const hooks = { places: () => [], area: () => "", changed: async () => {} };
let save = async () => {};

function weekdayWords() {
  const name = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
  return [1, 2, 3, 4, 5, 6, 7].map((number) => ({ word: String(number), name: name.format(new Date(A_MONDAY + (number - 1) * DAY_MS)) }));
}

/** Give the places to choose from, and the pattern's own where it is not among them. */
function placeWords(own) {
  const words = hooks.places();
  return !own || words.some((one) => one.word === own) ? words : [{ word: own, name: own.split(":")[1] }, ...words];
}

function placeOf(there) {
  if (there?.station_code) return `station:${there.station_code}`;
  return there?.area_code ? `area:${there.area_code}` : "";
}

/** Say a chosen place as the API takes it. */
function readPlace() {
  const [kind, code] = form.elements.station_code.value.split(/:(.*)/s);
  return { station_code: kind === "station" ? code : "", area_code: kind === "area" ? code : "" };
}

const clock = (text) => (text ?? "").slice(0, 5);
const valueOf = (name) => form.elements[name].value.trim();
const time = (value) => make("input.input", { type: "time", value: clock(value) });
const date = (value) => make("input.input", { type: "date", value: value ?? "" });

function showProblem(words) {
  at("pattern-fault").replaceChildren(make("p.notice.fault", { role: "alert" }, words));
}

/** Do something that may be refused; the refusal stays beside its field, or in the dialog. */
async function attempt(work) {
  at("pattern-fault").replaceChildren();
  clearFaults(form);
  try {
    return await work();
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    for (const one of fault.body.fields ?? []) if (one.column === "area_code") one.column = "station_code";
    const rest = showFaults(form, fault);
    if (rest.length) showProblem(rest.join(" "));
    return null;
  }
}

/** Send what a form says; when it is taken, close and show the week anew. */
async function send(path, method, body) {
  at("pattern-save").disabled = true;
  const done = await attempt(() => ask(path, { method, body }));
  at("pattern-save").disabled = false;
  if (!done) return;
  dialog.close();
  await hooks.changed();
  at("pattern-said").textContent = say("roster_page.pattern_saved", { added: done.shifts_added, removed: done.shifts_removed });
}

function open(title, about, fields, buttons, focused) {
  at("pattern-fault").replaceChildren();
  at("pattern-said").textContent = "";
  at("pattern-title").textContent = title;
  at("pattern-about").textContent = about;
  at("pattern-body").replaceChildren(...fields);
  at("pattern-foot").replaceChildren(
    ...buttons,
    make("button.button", { type: "button", onclick: () => dialog.close() }, say("roster_page.close")),
    make("button.button.main", { id: "pattern-save" }, icon("check"), say("roster_page.save")),
  );
  if (!dialog.open) dialog.showModal();
  (form.elements[focused] ?? at("pattern-body").querySelector("input")).focus();
}

async function listPosts(list) {
  const found = await ask("/staff", { query: { area: hooks.area(), limit: 1000 } });
  list.replaceChildren(...found.items.map((one) => make("option", { value: one.code }, page.language === "en" ? one.role_en : one.role_zh)));
}

/**
 * Open the form of a weekly pattern.
 *
 * @param {object|null} there the pattern; null for a new one
 * @param {string} focused name of the field to begin with
 */
export async function openPattern(there, focused = there ? "from" : "staff_code") {
  const posts = make("datalist", { id: "pattern-posts" });
  const who = make("input.input", { type: "text", list: "pattern-posts", autocomplete: "off", spellcheck: "false", maxlength: 64, value: there?.staff_code ?? "" });
  who.disabled = there !== null;
  const holidays = ["rests", "works", "only"].map((word) => ({ word, name: say(`roster_page.holidays_${word}`) }));
  const fields = [
    field("staff_code", say("roster_page.post_code"), who),
    posts,
    boxes("weekdays", say("roster_page.weekdays"), weekdayWords(), (there?.weekdays ?? []).map(String)),
    field("from", say("roster_page.from"), time(there?.starts_time)),
    field("to", say("roster_page.to"), time(there?.ends_time)),
    field("station_code", say("roster_page.place"), choice(placeWords(placeOf(there)), placeOf(there) || undefined)),
    field("valid_from", say("roster_page.valid_from"), date(there?.valid_from ?? new Intl.DateTimeFormat("en-CA").format(new Date()))),
    field("valid_to", say("roster_page.valid_to"), date(there?.valid_to)),
    field("on_holidays", say("roster_page.on_holidays"), choice(holidays, there?.on_holidays)),
  ];
  save = () => {
    const chosen = [...form.querySelectorAll("[name=weekdays]:checked")].map((box) => box.value);
    const names = ["from", "to", "valid_from", "valid_to", "on_holidays"];
    const body = { weekdays: chosen.join(","), ...readPlace(), ...Object.fromEntries(names.map((name) => [name, valueOf(name)])) };
    if (there) return send(`/roster/patterns/${there.id}`, "PATCH", body);
    return send("/roster/patterns", "POST", { ...body, staff_code: valueOf("staff_code") });
  };
  const title = there ? say("roster_page.pattern_of", { post: there.staff_code }) : say("roster_page.pattern_new");
  open(title, say(there ? "roster_page.pattern_change_text" : "roster_page.pattern_new_text"), fields, [], focused);
  if (!there) await attempt(() => listPosts(posts));
}

/** Open the form of one day on which a pattern is off, or kept otherwise. */
export function openException(there, day) {
  const usual = { word: "", name: say("roster_page.as_usual") };
  const off = make("input", { type: "checkbox", id: "pattern-off" });
  const when = date(day);
  const [from, to, where] = [time(""), time(""), choice([usual, ...placeWords("")], "")];
  const back = make("button.button", { type: "button" }, say("roster_page.exception_drop"));
  const known = () => there.exceptions.find((one) => one.day === when.value);
  const toggle = () => {
    for (const control of [from, to, where]) control.disabled = off.checked;
  };
  const fill = () => {
    const one = known();
    off.checked = one ? one.is_off : true;
    [from.value, to.value] = [clock(one?.starts_time), clock(one?.ends_time)];
    const place = placeOf(one);
    if (place && ![...where.options].some((option) => option.value === place)) where.append(make("option", { value: place }, place.split(":")[1]));
    where.value = place;
    back.hidden = !one;
    toggle();
  };
  off.addEventListener("change", toggle);
  when.addEventListener("change", fill);
  back.addEventListener("click", () => send(`/roster/patterns/${there.id}/exceptions/${when.value}`, "DELETE"));
  save = () => {
    const differs = { from: from.value, to: to.value, ...readPlace() };
    if (!off.checked && !Object.values(differs).some(Boolean)) {
      showProblem(say("roster_page.exception_nothing"));
      from.focus();
      return null;
    }
    return send(`/roster/patterns/${there.id}/exceptions`, "PUT", { day: when.value, ...(off.checked ? {} : differs) });
  };
  const fields = [
    field("day", say("roster_page.day"), when),
    make("label.tick", {}, off, ` ${say("roster_page.is_off")}`),
    field("from", say("roster_page.from_instead"), from),
    field("to", say("roster_page.to_instead"), to),
    field("station_code", say("roster_page.place_instead"), where),
  ];
  const hours = `${clock(there.starts_time)}–${clock(there.ends_time)}`;
  open(say("roster_page.exception_of", { post: there.staff_code }), say("roster_page.exception_text", { hours }), fields, [back], "day");
  fill();
}

/** Find one pattern of a post. */
export async function getPattern(staffCode, id) {
  const found = await ask("/roster/patterns", { query: { staff: staffCode } });
  return found.items.find((one) => one.id === id);
}

/**
 * Let whoever may write the roster change its patterns.
 *
 * @param {{places: function, area: function, changed: function}} given places to choose from as words
 *   (`station:code`, `area:code`), code of the area, and who is told after each change
 */
export function setUpPatterns(given) {
  Object.assign(hooks, given);
  at("open-pattern").addEventListener("click", () => openPattern(null));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
}
