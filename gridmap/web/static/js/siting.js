/** Where to put the next station: the question, and the answer as map, figures, table and curve. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { ask, orShow } from "./api.js";
import * as calls from "./calls.js";
import { icon, make } from "./elements.js";
import { areaName, count, decimal, moment, page, percent, say } from "./page_data.js";
import { showArea } from "./planner_areas.js";
import { showCurve } from "./siting_curve.js";
import { makeSitingMap } from "./siting_map.js";
import { fileLink } from "./table_file.js";

const PHONE_PX = 760;
const COLUMNS = ["number", "kind", "code", "name", "lon", "lat", "households_gain", "households_added", "households_lost", "household_m_gain", "household_m_added"];
const at = (id) => document.getElementById(id);
const fault = at("fault");
const first = readAddress(); // before the map writes where it is
const state = { area: null, asking: null };
const view = makeSitingMap(at("map"), { clicked: (number) => choose(number), placed: addPoint, removed: removePoint });

function choose(number, options) {
  view.choose(number, options);
  for (const row of at("list").querySelectorAll("[data-site]")) row.classList.toggle("chosen", row.dataset.site === String(number));
}

/** Show the fields that the question needs. */
function showFields() {
  const needed = { sites: at("question").value !== "cover_share", share: at("question").value === "cover_share", points: at("candidates").value === "points" };
  for (const [name, isNeeded] of Object.entries(needed)) {
    for (const one of document.querySelectorAll(`[data-for=${name}]`)) one.hidden = !isNeeded;
    at(name).disabled = !isNeeded;
  }
  showPoints();
}

const presentKinds = () => [...document.querySelectorAll("[name=present]")].filter((box) => box.checked).map((box) => box.value);

const isListing = () => at("candidates").value === "points";
const linesOf = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** Read one line: name, longitude, latitude. */
function readLine(line) {
  const parts = line.split(/[,，\t;]/).map((part) => part.trim());
  const [lon, lat] = parts.slice(-2).map(Number);
  const isRight = parts.length >= 2 && parts.at(-1) !== "" && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  return { name: parts.slice(0, -2).join(" "), lon, lat, isRight };
}

/** Draw the places that are listed; a line that is wrong is not drawn, and is named when the question is put. */
function showPoints() {
  at("points").setCustomValidity("");
  view.showOwn(isListing() ? linesOf(at("points").value).map(readLine).filter((point) => point.isRight) : []);
}

/** A click on the map lists one more place. */
function addPoint([lon, lat]) {
  if (!isListing()) return;
  const lines = linesOf(at("points").value);
  lines.push(`${say("siting.point_name", { number: lines.length + 1 })}, ${lon.toFixed(6)}, ${lat.toFixed(6)}`);
  at("points").value = `${lines.join("\n")}\n`;
  showPoints();
}

/** List the places of a file, and say which of its rows were left out and why. */
async function readFile() {
  const [file] = at("places-file").files;
  if (!file) return;
  const body = new FormData();
  body.append("file", file);
  at("places-told").replaceChildren();
  const sent = await orShow(fault, () => ask("/siting/places", { method: "POST", body }));
  at("places-file").value = ""; // so that the same file, mended, can be chosen again
  if (!sent) return;
  const lines = sent.points.map(({ name, lon, lat }) => `${name.replace(/[,，\t;\n]/g, " ")}, ${lon}, ${lat}`);
  at("points").value = [...linesOf(at("points").value), ...lines].map((line) => `${line}\n`).join("");
  showPoints();
  at("places-told").append(make("p.small", {}, say("siting.points_read", { count: count(lines.length) })));
  if (!sent.rejected.length) return;
  const wrong = make("ul", {}, ...sent.rejected.map((text) => make("li", {}, text)));
  at("places-told").append(make("div.notice.fault", {}, make("p", {}, say("siting.points_refused", { count: count(sent.rejected.length) })), wrong));
}

/** A click on a listed place takes its line away. */
function removePoint(row) {
  const lines = linesOf(at("points").value);
  const right = [...lines.keys()].filter((number) => readLine(lines[number]).isRight);
  lines.splice(right[row], 1);
  at("points").value = lines.map((line) => `${line}\n`).join("");
  showPoints();
}

/** Read the list of places: a line each, name, longitude, latitude; null and a word to the reader where one is wrong. */
function readPoints() {
  const lines = linesOf(at("points").value);
  const points = lines.map(readLine);
  const wrong = points.findIndex((point) => !point.isRight);
  const told = wrong >= 0 ? say("siting.points_wrong", { line: wrong + 1, text: lines[wrong] }) : points.length ? "" : say("siting.points_none");
  at("points").setCustomValidity(told);
  return told ? null : points.map(({ name, lon, lat }) => ({ name, lon, lat }));
}

/** Where stations are candidates, some kind must be left for it. */
function checkKinds() {
  const left = document.querySelectorAll("[name=present]:not(:checked)").length;
  const isWrong = at("candidates").value === "kinds" && left === 0;
  at("candidates").setCustomValidity(isWrong ? say("siting.kinds_none") : "");
}

/** Read the form; null where the reader has to mend it first. */
function readQuestion() {
  const from = at("candidates").value;
  checkKinds();
  const points = from === "points" ? readPoints() : [];
  if (!at("ask").reportValidity() || points === null) return null;
  const present = presentKinds();
  const kinds = [...document.querySelectorAll("[name=present]")].map((box) => box.value);
  return {
    area: state.area.code,
    question: at("question").value,
    reach_m: Number(at("reach").value),
    present_kinds: present,
    candidate_kinds: from === "kinds" ? kinds.filter((kind) => !present.includes(kind)) : [],
    junctions: from === "junctions",
    points,
    ...(at("share").disabled ? { sites: Number(at("sites").value) } : { share: Number(at("share").value) / 100 }),
  };
}

function tell(text) {
  at("state").textContent = text;
  at("state").hidden = text === "";
}

function clear() {
  view.clear();
  at("result").hidden = at("legend").hidden = true;
}

async function find() {
  const asked = readQuestion();
  if (!asked) return;
  writeAddress({ question: asked.question, reach: at("reach").value, sites: at("sites").value, share: at("share").value, candidates: at("candidates").value, present: presentKinds().join(",") || "none" });
  state.asking?.abort();
  const asking = (state.asking = new AbortController());
  clear();
  tell(say("siting.working"));
  const found = await orShow(fault, () => ask("/siting", { method: "POST", body: asked, signal: asking.signal }));
  if (state.asking !== asking) return;
  tell(found ? "" : say("siting.empty"));
  if (found) show(found);
}

function nameOf(site) {
  return site.name || site.code || say(`siting.kind_${site.kind === "junction" ? "junction" : "place"}`);
}

function siteRow(site) {
  const go = () => choose(site.number, { go: true });
  const name = make("button.link", { type: "button", onclick: go }, `${site.number} · ${nameOf(site)}`);
  const metres = (effect) => decimal(effect.household_m / 1000, 0);
  const cells = [count(site.gain.households), count(site.added.households), count(site.loss.households), metres(site.gain)];
  return make("tr", { "data-site": site.number }, make("th", { scope: "row" }, name), ...cells.map((text) => make("td", {}, text)));
}

function showList(sites) {
  const heads = ["site", "gain", "added", "loss", "walk"];
  const head = heads.map((name) => make("th", { scope: "col", title: say(`siting.col_${name}_means`) }, say(`siting.col_${name}`)));
  const table = make("table.siting-table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...sites.map(siteRow)));
  const meanings = heads.slice(1).map((name) => `${say(`siting.col_${name}`)}: ${say(`siting.col_${name}_means`)}`);
  at("list").replaceChildren(sites.length ? table : make("p.quiet", {}, say("siting.no_sites")), make("p.quiet.small", {}, meanings.join(" ")));
}

function showFigures({ answer, estimated, candidates }) {
  const { before, after } = answer;
  const share = (standing) => (answer.households ? percent(standing.households_within / answer.households) : "–");
  const walk = (standing) => (standing.mean_walk_m === null ? "–" : say("siting.metres", { count: count(Math.round(standing.mean_walk_m)) }));
  const star = estimated ? "*" : "";
  const rows = {
    within: `${count(before.households_within)} → ${count(after.households_within)}${star}`,
    share: `${share(before)} → ${share(after)}`,
    walk: `${walk(before)} → ${walk(after)}`,
    unreached: `${count(before.households_unreached)} → ${count(after.households_unreached)}`,
    unreachable: count(answer.households_unreachable),
    candidates: count(candidates),
  };
  at("headline").textContent = say("siting.headline", { sites: count(state.sites), more: count(after.households_within - before.households_within), before: share(before), after: share(after) });
  at("figures").replaceChildren(
    ...Object.entries(rows).map(([name, text]) => make("div", { "data-figure": name }, make("dt", {}, say(`siting.figure_${name}`)), make("dd", {}, make("b", {}, text)))),
  );
}

const flat = (site) => ({
  ...site,
  name: nameOf(site),
  households_gain: site.gain.households,
  households_added: site.added.households,
  households_lost: site.loss.households,
  household_m_gain: Math.round(site.gain.household_m),
  household_m_added: Math.round(site.added.household_m),
});

function geoJson(found) {
  const feature = ({ lon, lat, ...properties }) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties });
  const pick = (site) => Object.fromEntries(COLUMNS.map((name) => [name, flat(site)[name]]));
  const features = [
    ...found.sites.map((site) => feature({ role: "site", ...pick(site) })),
    ...found.present.map((one) => feature({ role: "present", ...one })),
    ...found.demands.map((one) => feature({ role: "homes", ...one })),
  ];
  return JSON.stringify({ type: "FeatureCollection", definition: found.definition, proof: found.proof, as_of: found.as_of, features });
}

function showFiles(found) {
  const name = `siting-${found.area_code}`;
  const file = new Blob([geoJson(found)], { type: "application/geo+json" });
  at("files").replaceChildren(
    fileLink(`${name}.csv`, COLUMNS, found.sites.map(flat), say("siting.csv")),
    make("a.button", { href: URL.createObjectURL(file), download: `${name}.geojson` }, icon("download"), say("siting.geojson")),
  );
}

const SIGNS = { site: "1", station: "", present: "●", new: "▲", open: "○", unreachable: "×" };

function showLegend(found) {
  const homes = (name) => found.demands.filter((one) => one.state === name).reduce((sum, one) => sum + one.households, 0);
  const item = (name) => {
    const sum = { site: found.sites.length, station: found.present.length }[name];
    const words = sum === undefined ? say("pages.households", { count: count(homes(name)) }) : count(sum);
    return make("li", { "data-class": name }, make(`span.swatch.${name}`, { "aria-hidden": "true" }, SIGNS[name]), make("span", {}, say(`siting.class_${name}`), make("small.quiet", {}, ` ${words}`)));
  };
  at("legend-body").replaceChildren(...Object.keys(SIGNS).map(item));
  at("legend").hidden = false;
}

function show(found) {
  state.sites = found.sites.length;
  at("result").hidden = false;
  showFigures(found);
  at("proof").textContent = found.proof;
  showList(found.sites);
  showCurve(at("curve"), found.curve, found.sites.length);
  at("definition").textContent = `${say("siting.of", { area: areaName(state.area), made: moment(found.as_of) })} ${found.definition}`;
  showFiles(found);
  showLegend(found);
  view.show(found);
}

async function openArea(code, { step = false, fit = true } = {}) {
  at("find").disabled = true; // until it is known where
  await orShow(fault, async () => {
    state.area = await calls.getArea(code);
    const children = await calls.listAreas({ parent: code });
    writeAddress({ area: code }, { step });
    at("to-planner").href = `/planner?area=${encodeURIComponent(code)}`;
    showArea(state.area, children, (other) => {
      writeAddress({ question: null, at: null, zoom: null });
      start({ area: other, step: true });
    });
    state.asking?.abort();
    clear();
    tell(say("siting.empty"));
    if (fit) view.fit(state.area.bounds);
    at("find").disabled = false;
  });
}

/** Put into the form what the address names. */
function fillForm(address) {
  for (const name of ["question", "reach", "sites", "share", "candidates"]) if (address[name]) at(name).value = address[name];
  if (address.present) {
    const named = address.present.split(",");
    for (const box of document.querySelectorAll("[name=present]")) box.checked = named.includes(box.value);
  }
  showFields();
}

async function start({ area, step = false, fit = true } = {}) {
  const address = readAddress();
  fillForm(address);
  const code = area || address.area || page.areas[0]?.code;
  if (!code) return;
  await openArea(code, { step, fit });
  if (state.area && address.question && address.candidates !== "points") await find();
}

at("question").addEventListener("change", showFields);
at("candidates").addEventListener("change", showFields);
at("points").addEventListener("input", showPoints);
at("places-file").addEventListener("change", readFile);
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});
at("find").addEventListener("click", () => {
  checkKinds();
  if (at("candidates").value === "points") readPoints(); // before the browser looks at the form
});
onStepBack(() => start());
at("legend").open = window.innerWidth > PHONE_PX;
await start({ fit: !first.at });
