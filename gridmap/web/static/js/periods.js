/** Periods of the officials' page: whole local days, half-open in UTC. */

const DAY_MS = 86_400_000;
const TESTED_DAYS = 91; // a month of single cells finds no doubling; a quarter does

/** Write a date of the reader's calendar as 2026-11-20. */
export function dateText(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function localDay(text) {
  const [year, month, day] = text.split("-").map(Number);
  return new Date(year, month - 1, day);
}

/** Give first and last day of a preset that ends on `last`. */
export function presetDays(preset, last) {
  const days = { month: 30, quarter: 91, year: 365 }[preset];
  const end = localDay(last);
  return { from: dateText(new Date(end.getFullYear(), end.getMonth(), end.getDate() - days + 1)), to: last };
}

/** Give the day that lies so many days after another. */
export function dayAfter(text, days) {
  const day = localDay(text);
  return dateText(new Date(day.getFullYear(), day.getMonth(), day.getDate() + days));
}

/** Count the days from first to last, both counted. */
export function daysOf(from, to) {
  return Math.round((localDay(to) - localDay(from)) / DAY_MS) + 1;
}

/** Give first and last day of the period of the same length before. */
export function daysBefore(from, to) {
  const start = localDay(from);
  const last = new Date(start.getFullYear(), start.getMonth(), start.getDate() - 1);
  const first = new Date(last.getFullYear(), last.getMonth(), last.getDate() - daysOf(from, to) + 1);
  return { from2: dateText(first), to2: dateText(last) };
}

/** Turn first and last day into instants, the end left out. */
export function instantsOf(from, to) {
  const last = localDay(to);
  const end = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  return { starts_at: localDay(from).toISOString(), ends_at: end.toISOString() };
}

/** Give the instants of one frame inside the whole period; a tested layer looks at the quarter that ends with it. */
export function frameOf(frames, at, whole, isTested) {
  const [first, last] = [Date.parse(whole.starts_at), Date.parse(whole.ends_at)];
  const inside = (text) => new Date(Math.min(Math.max(Date.parse(text), first), last));
  const end = inside(frames.starts_at[at + 1] ?? whole.ends_at);
  const start = isTested
    ? new Date(end.getFullYear(), end.getMonth(), end.getDate() - TESTED_DAYS, end.getHours())
    : inside(frames.starts_at[at]);
  return { starts_at: start.toISOString(), ends_at: end.toISOString() };
}

/** Move a period by as much as lies between two instants. */
export function movedBy(period, from, to) {
  const gap = Date.parse(to) - Date.parse(from);
  const moved = (text) => new Date(Date.parse(text) + gap).toISOString();
  return { starts_at: moved(period.starts_at), ends_at: moved(period.ends_at) };
}

/** Tell which preset the days are, if any. */
export function presetOf(from, to) {
  return ["month", "quarter", "year"].find((preset) => presetDays(preset, to).from === from) || null;
}
