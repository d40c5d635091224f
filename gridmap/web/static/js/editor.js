/** The boundary editor: opens grids of a draft, wires tools, list, map, queue and stream together. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { Problem } from "./api.js";
import * as calls from "./calls.js";
import { mountComments } from "./comments.js";
import { chooseByTabs } from "./elements.js";
import { Actions } from "./editor_actions.js";
import { Board } from "./editor_board.js";
import { makeCommands, nameCommands } from "./editor_commands.js";
import { Crosshair } from "./editor_crosshair.js";
import { Finder } from "./editor_find.js";
import { Gestures } from "./editor_gestures.js";
import { walkMenu } from "./editor_keys.js";
import { MicroGridList } from "./editor_list.js";
import { Live } from "./editor_live.js";
import { Log } from "./editor_log.js";
import { makeEditorMap } from "./editor_map.js";
import { Notices } from "./editor_notices.js";
import { boundsAround, readDivisions, readSeveral, showTrail } from "./editor_open.js";
import { Overview } from "./editor_overview.js";
import { Pending } from "./editor_pending.js";
import { listen, Presence } from "./editor_presence.js";
import { Queue } from "./editor_queue.js";
import { SelectedPanel } from "./editor_selected.js";
import { Stack } from "./editor_stack.js";
import { StatusStrip } from "./editor_status.js";
import { Steps } from "./editor_steps.js";
import { Tools } from "./editor_tools.js";
import { fitTo } from "./map.js";
import { count, page, say } from "./page_data.js";

const at = (id) => document.getElementById(id);
const NEAR_ZOOM = 16.4;
const asked = readAddress();
const board = new Board();
const { map, drawing, lookup } = makeEditorMap(at("map"), board);
const notices = new Notices(at("notices"), at("said"));
const live = new Live(map, drawing, board, at("map-place"));
const pending = new Pending(at("pending"), live);
const presence = new Presence(board, notices);
const actions = new Actions({ board, notices, pending });
const queue = new Queue({
  plan: page.plan.id,
  account: page.username,
  opened: (items) => actions.noteWaiting(items),
  answered: (answer, item) => actions.answered(answer, item),
  refused: (problem, item) => actions.refused(problem, item),
  changed: () => strip.saving(),
});
actions.queue = queue;
const strip = new StatusStrip({ board, queue, notices });
const tools = new Tools({ strip: at("tools"), line: at("hint"), board });
const stack = new Stack({ place: at("panel-stack"), board, actions, notices });
const log = new Log({ place: at("panel-log"), fault: at("fault"), board, plan: page.plan.id });
const chooseTab = chooseByTabs(at("tabs"), (tab) => tab === "log" && log.read());
const steps = new Steps({ board, live, actions, pending, presence, notices });
const selectedPanel = new SelectedPanel({
  place: at("panel-selected"),
  board,
  actions,
  notices,
  steps,
  run: (name) => tools.run(name),
});
const list = new MicroGridList({
  list: at("micro-grids"),
  board,
  actions,
  show: (code) => look({ code }),
  pick: (code) => gestures.pickInList(code),
});
const overview = new Overview({
  map,
  place: at("too-many"),
  panel: at("chooser"),
  notices,
  open: (codes) => open(codes, { step: true }),
});
const gestures = new Gestures({ map, lookup, board, live, actions, pending, notices, tools, presence, overview });
new Crosshair({ map, place: at("map-place"), gestures, lookup, board, tools, notices });
new Finder({ menu: at("find-menu"), board, notices, go: goTo, show: (text) => tools.hint(text) });
let stream = null;

/** Bring a micro-grid or a building into view, unless it is there already. */
function look({ code, building }) {
  const places = code
    ? [drawing.land.getFeatureById(code) ?? drawing.names.getFeatureById(code)]
    : [drawing.buildings.getFeatureById(building)];
  const extent = places[0].getGeometry().getExtent();
  const isSeen =
    map.getView().getZoom() > NEAR_ZOOM && ol.extent.containsExtent(map.getView().calculateExtent(), extent);
  const bounds = ol.proj.transformExtent(extent, "EPSG:3857", "EPSG:4326");
  if (!isSeen) fitTo(map, bounds, { maxZoom: code ? 17.5 : 18.2, padding: [72, 72, 96, 72] });
}

function goTo({ code, grid, building, rows }) {
  look({ code, building });
  if (code) board.choose(code);
  if (building) stack.show(grid, building);
  if (rows) {
    board.clearSelection();
    board.select(grid, rows);
  } else if (building) chooseTab("stack");
}

/** Open an area, or several grids; where there are too many grids, let the planner choose. */
async function open(codes, { fit = true, step = false } = {}) {
  writeAddress({ area: codes.join(",") }, { step });
  tools.hint(say("editor.opening"));
  const area = await calls.getArea(codes.length > 1 ? page.plan.area : codes[0]);
  const trail = showTrail(area, codes, (other) => open([other], { step: true }));
  if (codes.length === 1 && area.grids > page.most_grids) {
    stream?.close();
    await Promise.all([trail, overview.show(page.plan.id, area.code)]);
    tools.hint("");
    return;
  }
  const [opened] = await Promise.all([
    codes.length > 1 ? openSeveral(codes) : readDivisions(page.plan.id, codes[0]),
    trail,
  ]);
  gestures.leave();
  tools.hint("");
  overview.close();
  if (codes.length === 1) take(opened);
  const bounds = opened.grids.map((one) => one.grid.bounds);
  if (fit) fitTo(map, boundsAround(bounds), { maxZoom: 18, padding: [64, 40, 48, 40] });
  presence.start();
  follow(opened);
}

/** Several grids: the first is shown as soon as it is there. */
async function openSeveral(codes) {
  const all = { grids: [] };
  await readSeveral(page.plan.id, codes, (opened, done) => {
    if (done === 1) {
      overview.close();
      take(opened);
    } else for (const one of opened.grids) board.replace(one);
    all.grids.push(...opened.grids);
    all.plan = opened.plan;
    all.sequence = Math.min(all.sequence ?? opened.sequence, opened.sequence);
    tools.hint(say("editor.opening_several", { done: count(done), total: count(codes.length) }));
  });
  return all;
}

function take(opened) {
  board.clearSelection();
  actions.noteWaiting(queue.items);
  board.open(opened);
  const grids = board.grids.size;
  at("map-about").textContent = say("editor.map_about", { grids, micro: count(board.microGrids().length) });
  notices.say(at("map-about").textContent);
}

function follow(opened) {
  stream?.close();
  if (opened.plan.status !== "draft") notices.warn(say("editor.not_draft"));
  stream = listen({
    board,
    sequence: opened.sequence,
    actions,
    presence,
    onStatus: (status) => {
      if (status === board.plan.status) return; // each stream opens with it
      board.plan.status = status;
      if (status !== "draft") notices.warn(say("editor.not_draft"));
    },
  });
}

const parts = { board, tools, actions, gestures, pending, list, stack, steps, selectedPanel, notices };
nameCommands(tools, makeCommands({ ...parts, chooseTab, closeMenus, help: at("keys-help") }));
tools.texts = Object.fromEntries(
  ["box", "lasso", "move", "push", "cut", "merge"].map((tool) => [tool, say(`editor.hint_${tool}`)]),
);
for (const menu of document.querySelectorAll(".finder")) walkMenu(menu);
for (const button of document.querySelectorAll("[data-run]")) {
  button.addEventListener("click", () => {
    closeMenus(null);
    tools.run(button.dataset.run);
  });
}
tools.showBuilding = (grid, building) => {
  stack.show(grid, building);
  if (board.level === "floors") chooseTab("stack");
};
tools.onChange((tool) => tool === "merge" && board.chosen.size > 1 && actions.mergeChosen());
document.addEventListener("pointerdown", (event) => closeMenus(event.target));
onStepBack((address) => address.area && open(address.area.split(",")));

/** Close open menus, but not the one around `kept`. */
function closeMenus(kept) {
  for (const menu of document.querySelectorAll(".finder[open]")) if (!menu.contains(kept)) menu.open = false;
}

async function start() {
  try {
    await open((asked.area || page.plan.area).split(","), { fit: !asked.at });
    await queue.open();
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    tools.hint("");
    notices.warn(fault.message);
  }
}

mountComments({ map, place: at("map-place"), plan: page.plan.id, chosen: () => [...board.chosen][0] });
chooseTab("selected");
selectedPanel.draw();
strip.people();
tools.take("select");
await start();

export { actions, board, queue }; // for whoever drives the page by script
