/** Officials' page: how many issues, where, how unusual that is, and what the numbers mean. */

import { readAddress, writeAddress } from "./address.js";
import { orShow } from "./api.js";
import * as calls from "./calls.js";
import { TESTED } from "./heat_scale.js";
import { fitTo } from "./map.js";
import { showBehind } from "./officials_behind.js";
import { listCells } from "./officials_cells.js";
import { queryOf, startFilters } from "./officials_filters.js";
import { showLegend } from "./officials_legend.js";
import { makeSide } from "./officials_map.js";
import { offerFiles, preparePrint } from "./officials_outputs.js";
import { startSlider } from "./officials_slider.js";
import { periodOf, showStory, totalOf } from "./officials_story.js";
import { nameOf } from "./officials_tip.js";
import { page, say } from "./page_data.js";
import { dateText, frameOf, instantsOf, movedBy } from "./periods.js";

const fault = document.getElementById("fault");
const asked = readAddress();
const sides = [];
const pointed = (code) => sides.forEach((side) => side.heat.frame(code));
const picked = (row, shown) => {
  writeAddress({ cell: row.code });
  showBehind({ ...shown.query, cell: row.code }, nameOf(row, shown.level));
};
sides.push(makeSide({ pointed, picked }));

const now = { number: 0, frames: null, state: null, whole: null, answer: null };

function askLayer(state, period, signal) {
  const query = { ...queryOf(state), ...period, layer: state.layer };
  return calls.getHeatLayer({ ...query, geometry: state.level === "hexagon" }, signal);
}

/** The second map comes with the first comparison, and moves with the first. */
function showSides(isTwo) {
  const second = document.getElementById("side2");
  second.hidden = !isTwo;
  if (isTwo && sides.length < 2) {
    sides.push(makeSide({ suffix: "2", linked: sides[0].view.map, pointed, picked }));
  }
  sides.forEach((side) => side.view.map.updateSize());
}

const secondOf = (state) => instantsOf(state.from2, state.to2);

/** Give what the second map shows while the first stands on a frame: the same stretch of its own period. */
function secondPeriod(state, period) {
  return movedBy(period, now.whole.starts_at, secondOf(state).starts_at);
}

function draw(side, answer, { state, bounds, sign }) {
  const query = { ...queryOf(state), starts_at: answer.starts_at, ends_at: answer.ends_at };
  const caption = sign ? `${sign} · ${periodOf(answer)}` : periodOf(answer);
  side.show({ rows: answer.rows, layer: state.layer, level: state.level, bounds, query, caption });
}

/** Show an answer (and the second one beside it) with legend, list and files. */
async function present(state, answer, second, bounds, signal) {
  const period = { starts_at: answer.starts_at, ends_at: answer.ends_at };
  const isSmooth = state.smooth && state.layer === "per_100";
  const asked = { ...queryOf(state), level: null };
  const shown = state.compare ? [answer, second] : [answer];
  const askSurface = ({ starts_at, ends_at }) => calls.getHeatSurface({ ...asked, starts_at, ends_at }, signal);
  const surfaces = isSmooth ? await Promise.all(shown.map(askSurface)) : [];
  draw(sides[0], answer, { state, bounds, sign: state.compare ? say("officials.first_sign") : "" });
  if (state.compare) draw(sides[1], second, { state, bounds: second.breaks, sign: say("officials.second_sign") });
  sides.forEach((side, number) => side.heat.smooth(surfaces[number]?.bands ?? null));
  const [surface] = surfaces;
  showLegend(answer, { bounds: surface?.breaks ?? bounds, period: periodOf(answer), surface });
  listCells(answer.rows, { layer: state.layer, level: state.level, bounds }, (row) => picked(row, sides[0].shown));
  const query = { ...queryOf(state), layer: state.layer };
  offerFiles({ ...query, ...period }, { ...query, ...now.whole }, state.step, state.compare ? second : null);
}

/** Make the answer of a frame: counts are in the frames already, other layers are asked for. */
async function answerOf(state, at, period, signal) {
  if (state.layer !== "counts") return askLayer(state, period, signal);
  const place = new Map(now.frames.codes.map((code, number) => [code, number]));
  const issuesOf = (code) => now.frames.issues[at][place.get(code)] ?? 0;
  const rows = now.answer.rows.map((row) => ({ ...row, issues: issuesOf(row.code), by_point: 0 }));
  return { ...now.answer, ...period, rows };
}

let underway = new AbortController();

async function showFrame(at) {
  const { state, frames, whole, answer } = now;
  underway.abort();
  underway = new AbortController();
  const { signal } = underway;
  state.frame = at === null ? "" : dateText(new Date(frames.starts_at[at]));
  writeAddress({ frame: state.frame });
  await orShow(fault, async () => {
    if (at === null) {
      await present(state, answer, now.second, answer.breaks, signal);
      slider.say({ period: periodOf(whole), issues: totalOf(answer.rows) });
      return;
    }
    const period = frameOf(frames, at, whole, TESTED.includes(state.layer));
    const [one, two] = await Promise.all([
      answerOf(state, at, period, signal),
      state.compare ? askLayer(state, secondPeriod(state, period), signal) : null,
    ]);
    if (signal.aborted) return;
    const bounds = { counts: frames.breaks, per_100: frames.breaks_per_100 }[state.layer] ?? [];
    await present(state, one, two && { ...two, breaks: bounds }, bounds, signal);
    slider.say({ period: periodOf(period), issues: totalOf(one.rows), isRolling: TESTED.includes(state.layer) });
  });
}

const slider = startSlider(showFrame);

async function show(state) {
  slider.stop();
  underway.abort();
  const number = ++now.number;
  const whole = instantsOf(state.from, state.to);
  await orShow(fault, async () => {
    document.getElementById("maps").setAttribute("aria-busy", "true");
    const [answer, second, frames] = await Promise.all([
      askLayer(state, whole),
      askLayer(state.compare ? state : { ...state, layer: "counts" }, secondOf(state)),
      calls.getHeatFrames({ ...queryOf(state), ...whole, step: state.step }),
    ]);
    if (number !== now.number) return;
    Object.assign(now, { state, whole, answer, second, frames });
    showSides(Boolean(state.compare));
    const query = { ...queryOf(state), ...whole };
    showStory(answer, second, state, {
      opened: () => showBehind(query, answer.area_name),
      listed: openCells,
    });
    const at = frames.starts_at.findIndex((text) => dateText(new Date(text)) === state.frame);
    slider.show(frames, at < 0 ? null : at, { period: periodOf(whole) });
    await showFrame(at < 0 ? null : at);
  });
  document.getElementById("maps").removeAttribute("aria-busy");
}

function openCells() {
  const cells = document.getElementById("cells");
  cells.open = true;
  cells.scrollIntoView({ block: "nearest" });
  cells.querySelector("button")?.focus();
}

const filters = startFilters({
  changed: show,
  moved: (area) => fitTo(sides[0].view.map, area.bounds),
});
if (page.areas.length) {
  await filters.start(asked);
  const row = asked.cell && sides[0].shown.rows.get(asked.cell);
  if (row) picked(row, sides[0].shown);
} else {
  document.getElementById("sentence").textContent = say("officials.no_city");
}
sides[0].view.map.updateSize();
if (!asked.at && page.extent) fitTo(sides[0].view.map, page.extent, { duration: 0 });
preparePrint(sides);
