/** Page of coverage: what the city's rules demand, where it is missing, and since when. */

import { readAddress, writeAddress, onStepBack } from "./address.js";
import { ask, orShow } from "./api.js";
import * as calls from "./calls.js";
import { childrenOf, listChildren, listGaps, tellGap } from "./coverage_lists.js";
import { coverageLayers } from "./coverage_map.js";
import { editRules } from "./coverage_rules.js";
import { shareBy } from "./coverage_scale.js";
import { ruleName, shareText, showHistory, showLegend, showStory } from "./coverage_story.js";
import { make } from "./elements.js";
import { fitTo, makeMap, onPoint } from "./map.js";
import { areaName, page, say } from "./page_data.js";

const SHAPES_BELOW = ["community", "grid"]; // the ground of the places comes along where they are few
const field = (id) => document.getElementById(id);
const fault = field("fault");
const tip = field("tip");
const view = makeMap(field("map"));
view.cells.setVisible(false);
view.cellNames.setVisible(false);
const layers = coverageLayers(view);
const state = { rule: null, area: null, at: "" };
let shown = null;
let latest = 0;

function addressOf(kind) {
  const named = new URLSearchParams({ area: state.area });
  if (state.at) named.set("at", new Date(state.at).toISOString());
  if (kind !== "html") return `/api/v1/coverage/rules/${state.rule}/gaps.${kind}?${named}`;
  named.set("rule", state.rule);
  return `/reports/coverage.html?${named}`;
}

function showTrail(parents) {
  field("trail").replaceChildren(
    ...parents.map((area) =>
      make("button", { type: "button", onclick: () => change({ area: area.code }, true) }, `${areaName(area)} ›`),
    ),
    make("a", { href: `/places/area/${encodeURIComponent(state.area)}` }, say("coverage_page.tree")),
  );
}

async function show({ moves = false } = {}) {
  const number = ++latest;
  const at = state.at ? new Date(state.at).toISOString() : null;
  await orShow(fault, async () => {
    const area = await calls.getArea(state.area);
    const shapes = SHAPES_BELOW.includes(area.level);
    const [answer, months, below] = await Promise.all([
      ask(`/coverage/rules/${state.rule}/gaps`, { query: { area: state.area, at, geometry: shapes } }),
      ask(`/coverage/rules/${state.rule}/months`, { query: { area: state.area } }),
      ask("/areas.geojson", { query: { parent: state.area, limit: 1000 } }),
    ]);
    if (number !== latest) return;
    shown = answer;
    tip.hidden = true;
    showTrail(area.parents);
    layers.showAreas(below, new Map(childrenOf(answer).map((one) => [one.code, shareBy(one.share, answer.rule)])));
    layers.showGaps(answer.gaps);
    showStory(answer);
    showHistory(months.items, answer.rule);
    listChildren(answer, (code) => change({ area: code }, true));
    listGaps(answer, showGap);
    for (const kind of ["csv", "gpkg", "html"]) field(`as-${kind}`).href = addressOf(kind);
    if (moves) fitTo(view.map, area.bounds);
  });
}

async function listPlaces(area) {
  const chosen = field("area");
  const known = [...chosen.options].some((option) => option.value === area);
  if (known) return;
  const { code, name, name_en } = await calls.getArea(area);
  chosen.append(make("option", { value: code }, areaName({ name, name_en })));
}

async function change(changes, moves = false) {
  Object.assign(state, changes);
  await orShow(fault, () => listPlaces(state.area));
  for (const name of ["rule", "area", "at"]) field(name).value = state[name];
  field("measure").lastChild.textContent = say(state.at ? "coverage_page.measure_then" : "coverage_page.measure");
  writeAddress({ rule: state.rule, area: state.area, time: state.at }, { step: moves });
  await show({ moves });
}

function showGap(row) {
  layers.choose(row.place_id);
  fitTo(view.map, [row.lon, row.lat, row.lon, row.lat], { maxZoom: 17 });
}

async function showStation(code, name) {
  const place = field("station");
  await orShow(fault, async () => {
    const reached = await ask(`/stations/${encodeURIComponent(code)}/isochrones`);
    layers.showReached(reached);
    const minutes = reached.features.map((feature) => feature.properties.minutes).join(" / ");
    place.replaceChildren(
      make("h2", {}, say("coverage_page.station", { name })),
      make("p", {}, say(reached.features.length ? "coverage_page.reached" : "coverage_page.not_reached", { minutes })),
      make("a", { href: `/stations/${encodeURIComponent(code)}` }, say("coverage_page.station_page")),
      make("button.button", { type: "button", onclick: hideStation }, say("coverage_page.hide")),
    );
    place.hidden = false;
  });
}

function hideStation() {
  layers.showReached(null);
  field("station").hidden = true;
}

function moveTip(feature, event) {
  tip.hidden = !feature || !shown || feature.get("kind") !== undefined;
  if (tip.hidden) return;
  const row = feature.get("row");
  if (row) tellGap(tip, row, shown.level);
  else {
    const area = shown.areas.find((one) => one.code === feature.get("code"));
    tip.replaceChildren(
      make("b", {}, areaName(area)),
      make("span", {}, shareText(shareBy(area.share, shown.rule))),
      make("span.quiet", {}, say("coverage_page.click_area")),
    );
  }
  const [x, y] = event.pixel;
  const [width, height] = view.map.getSize();
  tip.style.left = `${Math.max(0, Math.min(x + 12, width - 240))}px`;
  tip.style.top = `${Math.min(y + 12, height - 110)}px`;
}

const stations = view.map.getLayers().getArray().filter((one) => one.getSource() === view.sources.stations);
onPoint(view.map, [layers.areas, layers.gaps, ...stations], {
  pointed: moveTip,
  clicked: (feature, event) => {
    if (!feature) return;
    if (feature.get("kind") !== undefined) showStation(feature.get("code"), feature.get("name"));
    else if (feature.get("row")) {
      layers.choose(feature.getId());
      moveTip(feature, event);
    } else change({ area: feature.get("code") }, true);
  },
});

field("rule").addEventListener("change", () => change({ rule: field("rule").value }));
field("area").addEventListener("change", () => change({ area: field("area").value }, true));
field("at").addEventListener("change", () => change({ at: field("at").value }));
field("now").addEventListener("click", () => change({ at: "" }));
field("filters").addEventListener("submit", (event) => event.preventDefault());
field("measure").addEventListener("click", () =>
  orShow(fault, async () => {
    await ask("/coverage/months", { method: "POST", query: { day: state.at.slice(0, 10) } });
    await show();
  }),
);
onStepBack((asked) => asked.area && change({ rule: asked.rule, area: asked.area, at: asked.time || "" }));

/** Offer the rules in force, and the one that was asked for; gives them. */
function listRules(all, asked) {
  const rules = all.filter((rule) => rule.is_active || String(rule.id) === asked);
  field("rule").replaceChildren(...rules.map((rule) => make("option", { value: rule.id }, ruleName(rule))));
  return rules;
}

/** Look again after the rules have changed: at the same one, or the first where it is out of force. */
async function followRules() {
  if (!state.rule) return start();
  const found = await orShow(fault, () => ask("/coverage/rules"));
  const rules = found && listRules(found.items, "");
  if (!rules?.length) return undefined;
  const known = rules.some((rule) => String(rule.id) === state.rule);
  return change({ rule: known ? state.rule : String(rules[0].id) });
}

async function start() {
  const asked = readAddress();
  const found = await orShow(fault, async () => {
    const streets = page.areas.map(async (area) => [area, ...(await calls.listAreas({ parent: area.code }))]);
    return { places: (await Promise.all(streets)).flat(), rules: (await ask("/coverage/rules")).items };
  });
  if (!found) return;
  const rules = listRules(found.rules, asked.rule);
  field("area").replaceChildren(...found.places.map((area) => make("option", { value: area.code }, areaName(area))));
  if (!rules.length || !found.places.length) {
    field("sentence").textContent = say(rules.length ? "coverage_page.no_areas" : "coverage_page.no_rules");
    return;
  }
  const known = rules.some((rule) => String(rule.id) === asked.rule);
  await change({
    rule: known ? asked.rule : String(rules[0].id),
    area: asked.area || found.places[0].code,
    at: asked.time || "",
  });
  if (!asked.at && page.extent) fitTo(view.map, page.extent, { duration: 0 });
}

field("measure").hidden = !page.may_measure;
if (page.may_measure) editRules(field("rules-open"), followRules);
showLegend();
view.map.updateSize();
await start();
