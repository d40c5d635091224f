/** Clocks of an issue: what is due by when, in words and as a bar that drains. */

import { make } from "./elements.js";
import { moment, say } from "./page_data.js";
import { overdueBadge, span } from "./issue_words.js";

const WARN_SHARE = 0.25; // of the time that is left

function bar(clock, now) {
  const start = Date.parse(clock.starts_at);
  const due = Date.parse(clock.due_at);
  const left = Math.max(0, Math.min(1, (due - now) / (due - start)));
  const level = left === 0 ? "none" : left < WARN_SHARE ? "little" : "much";
  const filled = make("span", {});
  filled.style.inlineSize = `${(left * 100).toFixed(1)}%`;
  return make(`div.clock-bar.${level}`, { "aria-hidden": "true" }, filled);
}

/** Say how a clock stands: left, over, met in time or late. */
export function clockWords(clock, now) {
  const due = Date.parse(clock.due_at);
  if (clock.ended_at === null) return due < now ? say("desk.clock_over", { span: span(now - due) }) : say("desk.clock_left", { span: span(due - now) });
  if (clock.ended_how !== "met") return say("desk.clock_dropped");
  const late = Date.parse(clock.ended_at) - due;
  return late > 0 ? say("desk.clock_late", { span: span(late) }) : say("desk.clock_met");
}

/** The clock that runs out next, for a row of the list. */
export function clockLine(issue, now) {
  if (!issue.clock) return null;
  const clock = { clock: issue.clock, starts_at: issue.clock_starts_at, due_at: issue.clock_due_at, ended_at: null };
  const words = `${say(`handling.clock_${clock.clock}`)} · ${clockWords(clock, now)}`;
  return make("span.clock-line", {}, make("span", {}, words), bar(clock, now));
}

function row(clock, now, rounds) {
  const name = say(`handling.clock_${clock.clock}`);
  const round = rounds > 1 ? ` · ${say("desk.clock_round", { number: clock.round_number })}` : "";
  const isPast = clock.ended_at === null && Date.parse(clock.due_at) < now;
  const mark = clock.is_overdue ? overdueBadge() : isPast ? make("span.badge", {}, say("desk.past_limit")) : null;
  return make(
    "li",
    {},
    make("div.line", {}, make("b", {}, name), make("span.quiet.small", {}, round), mark, make("span.end", {}, clockWords(clock, now))),
    clock.ended_at === null ? bar(clock, now) : null,
    make("p.quiet.small", {}, say("desk.clock_until", { at: moment(clock.due_at), clock: name })),
    clock.estimated_year === null ? null : make("p.small.estimate", {}, say("desk.clock_estimate", { year: clock.estimated_year })),
  );
}

/** All clocks of an issue: those that run first, then how the others ended. */
export function clockList(clocks, now) {
  if (!clocks.length) return make("p.quiet.small", {}, say("desk.no_clocks"));
  const rounds = Math.max(...clocks.map((clock) => clock.round_number));
  const running = clocks.filter((clock) => clock.ended_at === null);
  const ended = clocks.filter((clock) => clock.ended_at !== null);
  return make("ul.clocks", {}, ...[...running, ...ended].map((clock) => row(clock, now, rounds)));
}
