/** The dispatchers' desk: the work list by tabs, the issue chosen from it, a report by phone, and the map of it all. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { ask, orShow } from "./api.js";
import { listAreas } from "./calls.js";
import { startIntake } from "./desk_intake.js";
import { deskMap } from "./desk_map.js";
import { make, walkByArrows } from "./elements.js";
import { showIssue } from "./issue_card.js";
import { clockLine } from "./issue_clocks.js";
import * as words from "./issue_words.js";
import { areaName, count, moment, say } from "./page_data.js";

const PART = 50;
const MOST = 1000; // rows in one answer
const RENEW_MS = 30_000;
const FILTERS = ["q", "area", "category", "channel", "tier"];
const LEVELS = ["district", "street", "community", "grid"];
const element = (id) => document.getElementById(id);
const desk = element("desk");
const filters = element("filters");
const state = { tab: "new", issue: null, rows: [], counts: {}, latest: 0, point: null, timer: 0 };

const view = deskMap(element("map"), {
  chosen: (id) => openIssue(id),
  pointed: (point) => desk.dataset.view === "intake" && intake.takePoint(point),
});
const intake = startIntake({
  placed: (point) => {
    state.point = point;
    view.showPlace(point);
  },
  done: (id, said) => {
    loadWork();
    openIssue(id, said);
  },
});

function show(name) {
  desk.dataset.view = name;
  element("content").scrollTo(0, 0);
  document.querySelector(".card-side").scrollTo(0, 0);
  element("intake").hidden = name !== "intake";
  element("card").hidden = name === "intake";
}

function row(issue, now) {
  const title = make("span.line", {}, issue.is_overdue ? words.overdueBadge() : null, make("b", {}, words.categoryName(issue.category)), issue.reports > 1 ? make("span.badge", {}, say("desk.reports_short", { count: issue.reports })) : null, make("span.end.quiet.small", {}, `#${issue.id}`));
  const state = make("span.badge", {}, words.stateName(issue.state));
  const last = make("span.line.quiet.small", {}, state, make("span", {}, words.channelName(issue.channel)), make("span.end", {}, moment(issue.reported_at)));
  const button = make("button.row", { type: "button", onclick: () => openIssue(issue.id) }, title, make("span.where-line", {}, words.placeOf(issue)), issue.text ? make("span.text-line.quiet", {}, issue.text) : null, clockLine(issue, now), last);
  return make("li", { "data-issue": String(issue.id) }, button);
}

function markChosen() {
  for (const item of element("work").children) {
    const isChosen = item.dataset.issue === String(state.issue);
    item.classList.toggle("chosen", isChosen);
    item.firstElementChild.setAttribute("aria-current", String(isChosen));
  }
}

function showRows(now) {
  const focused = document.activeElement?.closest("#work li")?.dataset.issue;
  element("work").replaceChildren(...state.rows.map((issue) => row(issue, now)));
  markChosen();
  if (focused) element("work").querySelector(`[data-issue="${focused}"] button`)?.focus();
  const total = state.counts[state.tab] ?? 0;
  const isFiltered = FILTERS.some((name) => filters.elements[name].value);
  const empty = isFiltered ? say("desk.empty_filtered") : say(`desk.empty_${state.tab}`);
  element("work-said").textContent = total ? say("desk.shown", { shown: count(state.rows.length), total: count(total) }) : empty;
  const rest = Math.min(PART, total - state.rows.length);
  element("more").hidden = rest <= 0;
  element("more").textContent = say("desk.more", { count: count(rest) });
  view.showIssues(state.rows);
}

function showTabs() {
  for (const tab of element("tabs").children) {
    const isChosen = tab.dataset.tab === state.tab;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    const number = state.counts[tab.dataset.tab];
    tab.querySelector(".number").textContent = number === undefined ? "–" : count(number);
    if (isChosen) element("work-panel").setAttribute("aria-labelledby", tab.id);
  }
}

/** Ask for the work list anew, as much of it as is shown; `more` for its next part. */
async function loadWork({ more = false } = {}) {
  const number = ++state.latest;
  const query = Object.fromEntries(FILTERS.map((name) => [name, filters.elements[name].value.trim()]));
  writeAddress({ ...query, tab: state.tab });
  const shown = Math.max(PART, Math.min(MOST, state.rows.length));
  const asked = more ? { skip: state.rows.length, limit: PART } : { skip: 0, limit: shown };
  const found = await orShow(element("work-fault"), () => ask("/issues/work", { query: { ...query, tab: state.tab, ...asked } }));
  if (!found || number !== state.latest) return;
  const known = new Set(found.items.map((one) => one.id));
  state.rows = more ? [...state.rows.filter((one) => !known.has(one.id)), ...found.items] : found.items;
  state.counts = found.counts;
  showTabs();
  showRows(Date.parse(found.as_of));
}

function chooseTab(name, { focus = false } = {}) {
  state.tab = name;
  state.rows = [];
  showTabs();
  if (focus) element(`tab-${name}`).focus();
  return loadWork();
}

async function openIssue(id, said = "") {
  state.issue = id;
  state.point = null;
  writeAddress({ issue: id });
  show("issue");
  markChosen();
  element("opened").textContent = "";
  await showIssue(element("card"), {
    id,
    said,
    changed: (_taken, told) => {
      element("opened").textContent = told;
      loadWork();
    },
    loaded: (issue) => {
      state.point = issue.lon === null ? null : [issue.lon, issue.lat];
      view.showPlace(state.point);
    },
    candidates: (people) => view.showCandidates(people, state.point),
  });
  if (!said) element("opened").textContent = say("desk.opened", { id });
}

function close() {
  state.issue = null;
  writeAddress({ issue: null });
  element("card").replaceChildren(make("p.empty", {}, say("desk.choose")));
  element("card").dataset.issue = "";
  view.showPlace(null);
  show("list");
  markChosen();
}

function openIntake() {
  show("intake");
  state.issue = null;
  writeAddress({ issue: null });
  markChosen();
  view.showPlace(intake.place() && [intake.place().lon, intake.place().lat]);
  element("address").focus();
}

async function fillAreas() {
  const areas = await listAreas({});
  const inOrder = areas.filter((area) => LEVELS.includes(area.level)).sort((one, other) => (one.code < other.code ? -1 : 1));
  const options = inOrder.map((area) => make("option", { value: area.code }, `${"\u2003".repeat(LEVELS.indexOf(area.level))}${areaName(area)}`));
  filters.elements.area.append(...options);
}

function readFilters(asked) {
  for (const name of FILTERS) filters.elements[name].value = asked[name] || "";
  if (element(`tab-${asked.tab}`)) state.tab = asked.tab;
}

element("tabs").addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) chooseTab(tab.dataset.tab);
});
element("tabs").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const tabs = [...element("tabs").children];
  const at = tabs.findIndex((tab) => tab.dataset.tab === state.tab);
  chooseTab(tabs[(at + by + tabs.length) % tabs.length].dataset.tab, { focus: true });
});
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("input", () => {
  window.clearTimeout(state.timer);
  state.timer = window.setTimeout(() => {
    state.rows = [];
    loadWork();
  }, 250);
});
element("more").addEventListener("click", () => loadWork({ more: true }));
element("report").addEventListener("click", openIntake);
element("intake-close").addEventListener("click", close);
element("back").addEventListener("click", () => {
  const id = state.issue;
  close();
  element("work").querySelector(`[data-issue="${id}"] button`)?.focus();
});
element("card").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-issue]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  openIssue(Number(link.dataset.issue));
});
walkByArrows(element("work"), "button.row");
onStepBack((asked) => {
  readFilters(asked);
  loadWork();
});
window.setInterval(() => {
  if (!document.hidden) loadWork();
}, RENEW_MS);

const asked = readAddress();
await orShow(element("work-fault"), fillAreas);
readFilters(asked);
await loadWork();
if (asked.issue) openIssue(Number(asked.issue));
else if (asked.report) openIntake();
