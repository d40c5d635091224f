/** The week as a table: a row for each post at a place, a column a day; on a phone one day at a time. */

import { make } from "./elements.js";
import { count, page, say } from "./page_data.js";

const HOLES_SHOWN = 6;
// A narrow screen lays the table out as blocks, which takes its meaning from it unless it is said.
const ROLES = { thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell", "th[scope=col]": "columnheader", "tbody th": "rowheader" };
const locale = page.language === "zh" ? "zh-CN" : "en-GB";
const at = (id) => document.getElementById(id);

/** Make what writes instants on the clock of the city. */
function clockOf(zone) {
  const time = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
  return { time: (text) => time.format(new Date(text)), day: (text) => date.format(new Date(text)) };
}

/** Write a day of the calendar: weekday and date without the year. */
function dayName(day, style = "short") {
  const noon = new Date(`${day}T12:00:00`);
  const weekday = new Intl.DateTimeFormat(locale, { weekday: style }).format(noon);
  return [weekday, new Intl.DateTimeFormat(locale, { month: "numeric", day: "numeric" }).format(noon)];
}

/** Name a place in the language of the page. */
export function placeName(line) {
  return (page.language === "en" && line.place_name_en) || line.place_name;
}

function holeName(hole) {
  return (page.language === "en" && hole.area_name_en) || hole.area_name;
}

function roleName(line) {
  return page.language === "en" ? line.role_en : line.role_zh;
}

function hoursOf(duty, clock) {
  const next = clock.day(duty.starts_at) === clock.day(duty.ends_at) ? "" : " ☾";
  return `${clock.time(duty.starts_at)}–${clock.time(duty.ends_at)}${next}`;
}

function isOnAt(duty, now) {
  return new Date(duty.starts_at) <= now && now < new Date(duty.ends_at);
}

/** List who is on duty now, and say in a sentence what the week holds. */
export function showNow(week) {
  const now = new Date();
  const name = (page.language === "en" && week.name_en) || week.name;
  const isNow = week.days.some((one) => one.day === clockOf(week.zone).day(now.toISOString()));
  const clock = clockOf(week.zone);
  const here = week.lines.flatMap((line) => line.shifts.filter((duty) => isOnAt(duty, now)).map((duty) => [line, duty]));
  const people = new Set(week.lines.map((line) => line.staff_code)).size;
  const values = { name, people: count(people), holes: count(week.holes.length), on: count(here.length) };
  let key = isNow ? "roster_page.sentence_now" : "roster_page.sentence";
  if (!week.lines.length) key = "roster_page.nobody";
  at("sentence").textContent = say(key, values);
  at("years").hidden = !week.years_unknown.length;
  at("years").textContent = week.years_unknown.length ? say("roster_page.years_unknown", { years: week.years_unknown.join(", ") }) : "";
  at("now").hidden = !isNow || !here.length;
  at("now-people").replaceChildren(
    ...here.map(([line, duty]) =>
      make(
        "li",
        {},
        make("b", {}, `${roleName(line)} ${line.staff_code}`),
        make("span.quiet", {}, say("roster_page.until", { place: placeName(line), until: clock.time(duty.ends_at) })),
        line.phone ? make("a", { href: `tel:${line.phone}` }, line.phone) : make("span.quiet", {}, say("roster_page.no_phone")),
      ),
    ),
  );
}

/** List the spans in which a rule asks for somebody and nobody is there. */
export function showHoles(week) {
  const clock = clockOf(week.zone);
  const row = (hole) =>
    make(
      "li",
      {},
      make("b", {}, `▲ ${dayName(clock.day(hole.starts_at)).join(" ")} ${hoursOf(hole, clock)}`),
      make("span", {}, holeName(hole)),
      make("span.quiet", {}, page.language === "en" ? hole.rule_en : hole.rule_zh),
    );
  const rows = week.holes.map(row);
  at("holes").hidden = !rows.length;
  at("hole-list").replaceChildren(...rows.slice(0, HOLES_SHOWN));
  const more = at("more-holes");
  more.hidden = rows.length <= HOLES_SHOWN;
  more.querySelector("summary").textContent = say("roster_page.more_holes", { count: count(rows.length - HOLES_SHOWN) });
  more.querySelector("ul").replaceChildren(...rows.slice(HOLES_SHOWN));
}

function headOf(day, isToday) {
  const [weekday, date] = dayName(day.day);
  const kind = day.kind ? make("span.badge", { title: day.name }, `${say(`roster_page.${day.kind}`)} ${day.name}`) : null;
  const classes = ["th", isToday ? "today" : "", day.kind].filter(Boolean).join(".");
  return make(classes, { scope: "col", "aria-current": isToday ? "date" : null }, make("span", {}, weekday), " ", make("span.quiet", {}, date), kind);
}

function holeCell(week, day, clock) {
  const holes = week.holes.filter((hole) => clock.day(hole.starts_at) === day);
  if (!week.rules) return make("td", {}, "–");
  const places = holes.map((hole) => `${holeName(hole)} ${hoursOf(hole, clock)}`).join("\n");
  return make(holes.length ? "td.hole" : "td.full", { title: places }, say(holes.length ? "roster_page.hole_count" : "roster_page.no_hole", { count: count(holes.length) }));
}

function shiftButton(line, duty, clock, now, opened) {
  const hours = hoursOf(duty, clock);
  const kind = duty.pattern_id === null ? "single" : "weekly";
  const isOn = isOnAt(duty, now);
  const days = `${dayName(clock.day(duty.starts_at), "long").join(" ")} ${hours}`;
  const left = duty.after_last_posting ? say("roster_page.left") : "";
  const named = [`${roleName(line)} ${line.staff_code}, ${days}`, say(`roster_page.${kind}`), left, isOn ? say("roster_page.on") : ""];
  return make(
    ["button.shift", kind, isOn ? "on" : ""].filter(Boolean).join("."),
    { type: "button", "aria-label": named.filter(Boolean).join(", "), onclick: () => opened(line, duty, days) },
    isOn ? `● ${hours}` : hours,
    left ? make("span.left", {}, `▲ ${left}`) : null,
  );
}

/** Show the table, and the strip of days that chooses one on a phone. */
export function showWeek(week, opened) {
  const now = new Date();
  const clock = clockOf(week.zone);
  const days = week.days.map((one) => one.day);
  const today = days.indexOf(clock.day(now.toISOString()));
  const bodies = new Map();
  for (const line of week.lines) {
    const cells = days.map(() => make("td", {}));
    for (const duty of line.shifts) {
      const column = Math.max(0, days.indexOf(clock.day(duty.starts_at)));
      cells[column].append(shiftButton(line, duty, clock, now, opened));
    }
    cells.forEach((cell, number) => cell.classList.toggle("today", number === today));
    const who = make("th", { scope: "row" }, make("span", {}, roleName(line)), make("span.quiet.small", {}, line.staff_code));
    const row = make("tr", { "data-days": cells.map((cell, number) => (cell.childElementCount ? number : "")).filter((one) => one !== "").join(" ") }, who, ...cells);
    const key = `${line.place_kind} ${line.place_code}`;
    if (!bodies.has(key)) {
      const title = make("th.place", { scope: "rowgroup", colspan: String(days.length + 1) }, placeName(line));
      bodies.set(key, make("tbody", {}, make("tr.place-row", {}, title)));
    }
    bodies.get(key).append(row);
  }
  const corner = make("th", { scope: "col" }, say("roster_page.post"));
  const holes = make("tr.hole-row", {}, make("th", { scope: "row" }, say("roster_page.holes_row")), ...days.map((day) => holeCell(week, day, clock)));
  at("week").replaceChildren(
    make("thead", {}, make("tr", {}, corner, ...week.days.map((day, number) => headOf(day, number === today))), week.rules ? holes : null),
    ...bodies.values(),
  );
  at("week").setAttribute("role", "table");
  for (const [selector, role] of Object.entries(ROLES)) {
    for (const element of at("week").querySelectorAll(selector)) element.setAttribute("role", role);
  }
  at("week-box").hidden = !week.lines.length && !week.rules;
  const cut = week.lines.length < week.lines_total;
  const values = { shown: count(week.lines.length), total: count(week.lines_total), zone: week.zone };
  at("source").textContent = say(cut ? "roster_page.source_cut" : "roster_page.source", values);
  showStrip(week, today);
}

/** Number the days and let the reader choose; the rest of the week hides on narrow screens only. */
function showStrip(week, today) {
  const choose = (number) => {
    at("week").dataset.day = String(number);
    [...at("day-strip").children].forEach((one, at_) => one.setAttribute("aria-pressed", String(at_ === number)));
    for (const row of at("week").querySelectorAll("tbody tr[data-days]")) {
      row.classList.toggle("idle", !row.dataset.days.split(" ").includes(String(number)));
    }
    for (const body of at("week").querySelectorAll("tbody")) {
      body.classList.toggle("idle", !body.querySelector("tr[data-days]:not(.idle)"));
    }
  };
  at("day-strip").replaceChildren(
    ...week.days.map((day, number) => {
      const [weekday, date] = dayName(day.day, page.language === "zh" ? "narrow" : "short");
      return make("button", { type: "button", onclick: () => choose(number) }, make("span", {}, weekday), make("span.small", {}, date));
    }),
  );
  choose(Math.max(0, today));
}
