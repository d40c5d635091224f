/** The story in words, the figures, and whether a hot area stands on another geography, too. */

import { TESTED } from "./heat_scale.js";
import { make } from "./elements.js";
import { count, day, decimal, say } from "./page_data.js";
import { shortNameOf } from "./officials_tip.js";
import { wordName } from "./officials_words.js";

const element = (id) => document.getElementById(id);
const MS_A_DAY = 86_400_000;

export const totalOf = (rows) => rows.reduce((sum, row) => sum + row.issues, 0);

/** Write a period by its first and last day. */
export function periodOf({ starts_at, ends_at }) {
  const [first, last] = [day(starts_at), day(new Date(Date.parse(ends_at) - 1))];
  return first === last ? first : say("officials.from_to", { from: first, to: last });
}

function perDay(answer) {
  return totalOf(answer.rows) / ((Date.parse(answer.ends_at) - Date.parse(answer.starts_at)) / MS_A_DAY);
}

/** Compare by the day, so that periods of unlike length compare fairly. */
function change(now, past, isSecond) {
  if (past.recorded_from && Date.parse(past.starts_at) < Date.parse(past.recorded_from) - MS_A_DAY) {
    return say(isSecond ? "officials.part_second" : "officials.part_before");
  }
  const before = perDay(past);
  if (!before) return say("officials.no_past");
  const share = Math.round(((perDay(now) - before) / before) * 100);
  if (share === 0) return say(isSecond ? "officials.as_second" : "officials.as_before");
  const less = isSecond ? "officials.less_second" : "officials.less";
  const more = isSecond ? "officials.more_second" : "officials.more";
  return say(share < 0 ? less : more, { share: Math.abs(share) });
}

function whatOf(state) {
  const words = state.categories.split(",").filter(Boolean).map((word) => wordName("categories", word));
  if (!words.length) return say("officials.issues_all");
  return say("officials.issues_of", { words: words.join(say("officials.and")) });
}

function foundSentence(answer) {
  const cold = answer.rows.filter((row) => row.found === "cold").length;
  if (answer.rows.every((row) => row.found === "not_enough")) return say("officials.sentence_not_enough");
  if (!answer.hot && !cold) return say("officials.sentence_no_hot");
  return say(`officials.sentence_hot_${answer.layer}`, { hot: count(answer.hot), cold: count(cold) });
}

function sentenceOf(answer, past, state) {
  const issues = totalOf(answer.rows);
  const values = { area: answer.area_name, period: periodOf(answer), what: whatOf(state), count: count(issues) };
  if (!answer.rows.length) return say("officials.sentence_no_cells", values);
  if (!issues) return say("officials.sentence_none", values);
  const first = say("officials.sentence", { ...values, change: change(answer, past, state.compare) });
  if (TESTED.includes(answer.layer)) return first + foundSentence(answer);
  const top = answer.rows.reduce((one, two) => (two.issues > one.issues ? two : one));
  return first + say("officials.sentence_top", { place: shortNameOf(top, answer.level), count: count(top.issues) });
}

/** Say whether what is hot here is hot on the other geography, with the figures. */
function tellElsewhere(answer) {
  const place = element("elsewhere");
  place.hidden = !answer.hot;
  if (!answer.hot) return;
  const other = say(`officials.on_${answer.elsewhere}`);
  const kind = answer.hot_elsewhere === 0 ? "none" : answer.hot_elsewhere === answer.hot ? "all" : "some";
  const values = { hot: count(answer.hot), there: count(answer.hot_elsewhere), other };
  place.textContent = say(`officials.elsewhere_${kind}`, values);
}

function figure(key, value, opened) {
  const look = { type: "button", onclick: opened, title: say("officials.open_issues") };
  const shown = opened ? make("button.figure", look, value) : value;
  return make("div", {}, make("dt", {}, say(key)), make("dd", {}, shown));
}

/** Say in one sentence what the map shows, then three figures; `opened` shows the issues, `listed` the cells. */
export function showStory(answer, past, state, { opened, listed }) {
  const issues = totalOf(answer.rows);
  const homes = answer.rows.reduce((sum, row) => sum + row.households, 0);
  const isTested = TESTED.includes(answer.layer);
  element("sentence").textContent = sentenceOf(answer, past, state);
  tellElsewhere(answer);
  const cells = isTested ? answer.hot : answer.rows.filter((row) => row.issues).length;
  element("figures").replaceChildren(
    figure("officials.figure_issues", count(issues), issues ? opened : null),
    figure("officials.figure_rate", homes ? decimal((issues / homes) * 100) : "–", issues && homes ? opened : null),
    figure(isTested ? `officials.figure_hot_${answer.layer}` : "officials.figure_cells", count(cells), listed),
  );
}
