/** Page of a notice: homes reached over time, on the map and by area, and who has to be called, while it runs. */

import { ask, orShow } from "./api.js";
import { make } from "./elements.js";
import { shortCode } from "./grid_style.js";
import { areaName, clock, count, day, moment, page, percent, say } from "./page_data.js";
import { drawCurve } from "./notice_curve.js";
import { noticeMap } from "./notice_map.js";

const EVERY_MS = 10_000;
const HOUR = 60;
const element = (id) => document.getElementById(id);
const state = { reached: -1, isClosed: false, map: null, answer: null };
const zhOr = (zh, en) => (page.language === "en" && en ? en : zh);

function markRow(answer, mark) {
  const at = new Date(new Date(answer.notice.sent_at).getTime() + mark.minutes * 60_000);
  const value =
    mark.households === null
      ? say("notices.mark_to_come", { time: clock(at) })
      : say("notices.mark_value", { share: percent(mark.share), count: count(mark.households) });
  return make("div", {}, make("dt", {}, say("notices.mark", { hours: mark.minutes / HOUR })), make("dd", {}, value));
}

function nobodyRow(answer) {
  const homes = answer.households_without_receiver + answer.households_unheld;
  const value = say("notices.nobody_value", { count: count(homes) });
  return homes ? make("div.finding", {}, make("dt", {}, `! ${say("notices.nobody_homes")}`), make("dd", {}, value)) : "";
}

function areaRow(row) {
  const name = row.level === "none" ? say("notices.in_no_micro_grid") : row.level === "micro_grid" ? shortCode(row.code) : areaName(row);
  const share = row.households_reached / row.households;
  const homes = count(row.households) + (row.households_estimated ? "*" : "");
  const cells = [
    ["homes", homes],
    ["reached", `${count(row.households_reached)} · ${percent(share)}`],
    ["posts", row.receivers ? `${count(row.acknowledged)} / ${count(row.receivers)}` : "–"],
    ["nobody", row.without_receiver ? `! ${count(row.without_receiver)}` : "–"],
  ];
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, name),
    ...cells.map(([key, text]) => make("td", { "data-label": say(`notices.column_${key}`) }, text)),
  );
}

function callRow(call) {
  const codes = call.micro_grids.map(shortCode).join(" ");
  const places = [zhOr(call.grid_name, call.grid_name_en), call.staff_code && codes].filter(Boolean);
  const who = call.staff_code ? `${zhOr(call.role_zh, call.role_en)} ${call.staff_code}` : codes;
  const said = call.staff_code ? say(call.acknowledged_at ? "notices.acknowledged" : "notices.not_acknowledged") : null;
  const phone = call.phone
    ? make("a.button", { href: `tel:${call.phone}` }, `☎ ${call.phone}`)
    : make("span.quiet", {}, call.staff_code ? say("notices.no_phone") : "");
  const homes = say("notices.left", { left: count(call.households_left), households: count(call.households) });
  return make(
    "li",
    {},
    make("span", {}, make("b", {}, who), " ", said ? make("span.badge", {}, said) : null),
    phone,
    make("span.quiet.small", {}, `${homes} · ${places.join(" · ")}`),
  );
}

/** Put the calls under the tier that has to make them: the highest first, those without anybody before all. */
function showCalls(answer, calls) {
  const place = element("calls");
  const next = answer.tiers.find((one) => new Date(one.from_at) > new Date(answer.as_of));
  if (!calls.length) {
    const words = next && !state.isClosed
      ? say("notices.calls_none", { time: clock(next.from_at), tier: say(`handling.tier_${next.tier}`) })
      : say("notices.calls_over");
    place.replaceChildren(make("p", {}, words));
    return;
  }
  const groups = new Map();
  for (const one of calls) groups.set(one.tier, [...(groups.get(one.tier) ?? []), one]);
  place.replaceChildren(
    ...[...groups].flatMap(([tier, rows]) => [
      make("h3", {}, tier ? say("notices.calls_of", { tier: say(`handling.tier_${tier}`) }) : say("notices.calls_nobody")),
      make("ul.lines", {}, ...rows.map(callRow)),
    ]),
  );
}

function showFigures(answer) {
  const { notice } = answer;
  state.answer = answer;
  state.isClosed = notice.closed_at !== null;
  const homes = count(notice.households) + (answer.households_estimated ? "*" : "");
  element("share").textContent = percent(notice.households_reached / notice.households);
  element("sentence").textContent = say("notices.sentence", {
    reached: count(notice.households_reached),
    households: homes,
    acknowledged: count(answer.acknowledged),
    receivers: count(answer.receivers),
  });
  element("marks").replaceChildren(...answer.marks.map((mark) => markRow(answer, mark)), nobodyRow(answer));
  drawCurve(element("curve"), answer);
  element("areas").replaceChildren(...answer.areas.map(areaRow));
  element("definition").textContent = answer.definition;
  const made = { time: `${day(answer.as_of)} ${clock(answer.as_of)}`, plan: notice.plan_version ?? "–" };
  element("made").textContent = say("notices.made", made);
  if (state.isClosed) element("closed").textContent = `· ${say("notices.closed")} ${moment(notice.closed_at)}`;
}

async function refresh() {
  const path = `/notices/${page.notice}`;
  const [answer, calls] = await Promise.all([ask(path), ask(`${path}/calls`)]);
  showFigures(answer);
  showCalls(answer, calls.items);
  if (answer.notice.households_reached !== state.reached) {
    state.map.show((await ask(`${path}/buildings`)).items);
    state.reached = answer.notice.households_reached;
  }
}

async function follow() {
  if (document.visibilityState === "visible") await orShow(element("fault"), refresh);
  if (!state.isClosed) window.setTimeout(follow, EVERY_MS);
}

async function close() {
  if (!window.confirm(say("notices.close_ask"))) return;
  const closed = await orShow(element("fault"), () => ask(`/notices/${page.notice}/close`, { method: "POST" }));
  if (!closed) return;
  element("close").remove();
  await orShow(element("fault"), refresh);
}

element("print").addEventListener("click", () => window.print());
element("close")?.addEventListener("click", close);
window.addEventListener("resize", () => state.answer && drawCurve(element("curve"), state.answer));
window.addEventListener("beforeprint", () => state.map.drawForPrint());
state.map = noticeMap(element("map"), element("legend"));
await follow();
