/** Periods of the officials' page: whole local days, half-open in UTC. */

const DAY_MS = 86_400_000;

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

/** Turn first and last day into instants, the end left out; and the period of the same length before. */
export function instantsOf(from, to) {
  const start = localDay(from);
  const last = localDay(to);
  const end = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  const days = Math.round((end - start) / DAY_MS);
  const before = new Date(start.getFullYear(), start.getMonth(), start.getDate() - days);
  return { starts_at: start.toISOString(), ends_at: end.toISOString(), before: before.toISOString() };
}

/** Tell which preset the days are, if any. */
export function presetOf(from, to) {
  return ["month", "quarter", "year"].find((preset) => presetDays(preset, to).from === from) || null;
}
