/** Field page: my micro-grids and buildings, on a map and as a list, with what is open there. */

import { readAddress, writeAddress } from "./address.js";
import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { chooseByTabs, make, walkByArrows } from "./elements.js";
import { showHandoffs } from "./field_handoffs.js";
import { foreignStyle, microGridStyle, shortCode } from "./grid_style.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { count, households, moment, page, say, sayOr } from "./page_data.js";

const element = (id) => document.getElementById(id);
const asked = readAddress();
const view = makeMap(element("map"));
const lists = { microGrids: element("micro-grids"), buildings: element("buildings"), issues: element("issues") };
const MOST_ASKED = 20;
let mine = { microGrids: [], buildings: [], issues: [] };

for (const list of Object.values(lists)) walkByArrows(list, "a, button");

function empty(list, key) {
  list.replaceChildren(make("li.empty", {}, say(key)));
}

function openText(number) {
  return number ? make("span.open", {}, say("field.open_count", { count: count(number) })) : null;
}

function choose(code) {
  view.chosen.show(code);
  writeAddress({ micro_grid: code });
  for (const button of lists.microGrids.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.code === code));
  }
}

function microGridRow(cell) {
  const go = () => {
    choose(cell.code);
    fitTo(view.map, cell.bounds, { maxZoom: 17 });
  };
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-code": cell.code, "aria-pressed": "false", onclick: go },
      make("b", {}, shortCode(cell.code)),
      make("span.side", {}, households(cell.households, cell.households_estimated)),
      make("span.quiet", {}, cell.contents),
    ),
  );
}

function nameOf(building) {
  const name = [building.compound_name, building.name].filter(Boolean).join(" ");
  return name || building.address || say("field.building_number", { id: building.id });
}

function buildingRow(building) {
  const facts = [
    say("field.short_entrances", { count: count(building.entrance_count) + (building.entrances_estimated ? "*" : "") }),
    say("field.short_floors", { count: count(building.storeys) }),
    building.address,
  ];
  return make(
    "li",
    {},
    make(
      "a",
      { href: `/buildings/${building.id}`, "data-building": building.id },
      make("b", {}, nameOf(building)),
      make("span.side", {}, households(building.households, building.households_estimated)),
      make("span.quiet", {}, facts.filter(Boolean).join(" · ")),
      openText(mine.issues.filter((issue) => issue.building_id === building.id).length),
    ),
  );
}

function issueRow(issue) {
  const inside = [
    make("b", {}, sayOr(`pages.category_${issue.category}`, issue.category)),
    make("span.side", {}, make("span.badge", {}, sayOr(`pages.state_${issue.state}`, issue.state))),
    make("span.quiet", {}, [issue.building_name, moment(issue.reported_at)].filter(Boolean).join(" · ")),
  ];
  return make("li", {}, make("a", { href: `/issues/${issue.id}` }, ...inside));
}

function showBuildings() {
  const text = element("filter").value.trim().toLowerCase();
  const found = mine.buildings.filter((one) =>
    `${one.name} ${one.address} ${one.compound_name || ""}`.toLowerCase().includes(text),
  );
  if (found.length) lists.buildings.replaceChildren(...found.map(buildingRow));
  else empty(lists.buildings, mine.buildings.length ? "field.filter_nothing" : "field.no_buildings");
}

function showToday() {
  const open = mine.issues.length;
  const sum = mine.microGrids.reduce((total, cell) => total + cell.households, 0);
  const isEstimated = mine.microGrids.some((cell) => cell.households_estimated);
  element("today").textContent = mine.microGrids.length
    ? say(open ? "field.today_open" : "field.today_clear", {
        micro_grids: count(mine.microGrids.length),
        households: count(sum) + (isEstimated ? "*" : ""),
        count: count(open),
      })
    : "";
  if (mine.microGrids.length) lists.microGrids.replaceChildren(...mine.microGrids.map(microGridRow));
  else empty(lists.microGrids, "field.no_micro_grids");
}

function showMe(me) {
  const row = (key, value) => (value ? [make("dt", {}, say(key)), make("dd", {}, value)] : []);
  const name = page.language === "zh" ? me.role_zh : me.role_en;
  element("me").replaceChildren(
    make(
      "dl.me",
      {},
      ...row("field.me_post", make("a", { href: `/staff/${encodeURIComponent(me.code)}` }, `${name} ${me.code}`)),
      ...row("field.me_organisation", me.organisation),
      ...row("field.me_phone", me.duty_phone),
      ...row("field.me_micro_grids", count(mine.microGrids.length)),
      ...row("field.me_buildings", count(mine.buildings.length)),
    ),
  );
}

async function showStored() {
  const rows = (await calls.countStored()).filter((one) => one.count);
  element("stored").replaceChildren(
    ...rows.flatMap((one) => [make("dt", {}, say(`field.stored_${one.what}`)), make("dd", {}, count(one.count))]),
  );
}

function boundsOf(cells) {
  const [west, south, east, north] = [0, 1, 2, 3].map((side) => cells.map((cell) => cell.bounds[side]));
  return [Math.min(...west), Math.min(...south), Math.max(...east), Math.max(...north)];
}

/** Add what is open to each micro-grid; left out where there are too many to ask for one by one. */
async function showOpenByMicroGrid() {
  if (mine.microGrids.length > MOST_ASKED) return;
  const open = await Promise.all(mine.microGrids.map((cell) => calls.countOpenIssues(cell.code)));
  mine.microGrids.forEach((cell, number) => {
    const button = lists.microGrids.querySelector(`[data-code="${cell.code}"]`);
    if (open[number]) button.append(openText(open[number]));
  });
}

async function start() {
  await orShow(element("fault"), async () => {
    const [microGrids, buildings, issues, me] = await Promise.all([
      calls.listMyMicroGrids(),
      calls.listMyBuildings(),
      calls.listMyOpenIssues(),
      calls.getMyPost(),
    ]);
    mine = { microGrids, buildings, issues };
    const codes = new Set(microGrids.map((cell) => cell.code));
    view.cells.setStyle((feature, resolution) =>
      (codes.has(feature.get("code")) ? microGridStyle : foreignStyle)(feature, resolution),
    );
    showToday();
    showBuildings();
    if (mine.issues.length) lists.issues.replaceChildren(...mine.issues.map(issueRow));
    else empty(lists.issues, "field.no_issues");
    showMe(me);
    await showStored();
    await showHandoffs(element("handoffs"));
    await showOpenByMicroGrid();
    if (mine.microGrids.length && !asked.at) fitTo(view.map, boundsOf(mine.microGrids), { duration: 0 });
    if (asked.micro_grid) choose(asked.micro_grid);
  });
}

onPoint(view.map, [view.cells], {
  pointed: (feature) => view.pointed.show(feature ? feature.get("code") : null),
  clicked: (feature) => feature && choose(feature.get("code")),
});
element("filter").addEventListener("input", showBuildings);
chooseByTabs(element("tabs"), (tab) => {
  element("field").dataset.tab = tab;
  writeAddress({ tab: tab === "today" ? null : tab });
  view.map.updateSize();
})(asked.tab || "today");
start();
