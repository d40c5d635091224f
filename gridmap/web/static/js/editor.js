/** The boundary editor: opens grids of a draft, wires tools, list, map, queue and stream together. */

import { onStepBack, readAddress, writeAddress } from "./address.js";
import { Problem } from "./api.js";
import { chooseByTabs } from "./elements.js";
import { Actions } from "./editor_actions.js";
import { Board } from "./editor_board.js";
import { Finder, StatusStrip } from "./editor_find.js";
import { Gestures } from "./editor_gestures.js";
import { MicroGridList } from "./editor_list.js";
import { Live } from "./editor_live.js";
import { showLog } from "./editor_log.js";
import { makeEditorMap } from "./editor_map.js";
import { Notices } from "./editor_notices.js";
import { Choices, readDivisions, showTrail } from "./editor_open.js";
import { Pending } from "./editor_pending.js";
import { listen, Presence } from "./editor_presence.js";
import { Queue } from "./editor_queue.js";
import { SelectedPanel } from "./editor_selected.js";
import { Stack } from "./editor_stack.js";
import { Tools } from "./editor_tools.js";
import { fitTo } from "./map.js";
import { page, say } from "./page_data.js";

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
const strip = new StatusStrip({ board, queue });
const tools = new Tools({ strip: at("tools"), line: at("hint"), board });
const stack = new Stack({ place: at("panel-stack"), board, actions, notices });
const chooseTab = chooseByTabs(at("tabs"), (tab) => tab === "log" && readLog());
const selectedPanel = new SelectedPanel({
  place: at("panel-selected"),
  board,
  actions,
  notices,
  run: (name) => tools.run(name),
});
const list = new MicroGridList({ list: at("micro-grids"), board, actions, show: (code) => look({ code }) });
const gestures = new Gestures({ map, lookup, board, live, actions, pending, notices, tools, presence });
new Finder({ menu: at("find-menu"), board, notices, go: goTo });
const choices = new Choices(map, at("too-many"));
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

async function readLog() {
  const codes = await showLog(at("panel-log"), at("fault"), page.plan.id);
  for (const code of codes) if (code !== null) board.redrawn.add(code);
  if (board.plan) board.tell("division");
}

async function open(code, { fit = true, step = false } = {}) {
  writeAddress({ area: code }, { step });
  tools.hint(say("editor.opening"));
  const { area } = await showTrail(code, (other) => open(other, { step: true }));
  const opened = await readDivisions(page.plan.id, code);
  tools.hint("");
  if (opened === null) {
    fitTo(map, area.bounds);
    await choices.ask(area, (other) => open(other, { step: true }));
    return;
  }
  choices.close();
  gestures.leave();
  board.clearSelection();
  board.chosen.clear();
  actions.noteWaiting(queue.items);
  board.open(opened);
  if (fit) fitTo(map, area.bounds, { maxZoom: 18, padding: [64, 40, 48, 40] });
  presence.start();
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

/** Close open menus, but not the one around `kept`. */
function closeMenus(kept) {
  for (const menu of document.querySelectorAll(".finder[open]")) if (!menu.contains(kept)) menu.open = false;
}

const commands = {
  undo: () => actions.undo(),
  redo: () => actions.redo(),
  new: () => actions.newFromSelection(),
  swap: () => actions.swapSelection(),
  "take-out": () => actions.moveSelection(null),
  move: () => {
    tools.take("move");
    list.focus();
  },
  merge: () => (board.chosen.size > 1 ? actions.mergeChosen() : tools.take("merge")),
  rebalance: () => actions.rebalanceChosen(),
  fill: () => actions.fill(),
  lock: () => actions.lock([...board.chosen], true),
  unlock: () => actions.lock([...board.chosen], false),
  "lock-all": () =>
    actions.lock(
      board.microGrids().map((one) => one.code),
      true,
    ),
  "unlock-all": () =>
    actions.lock(
      board.microGrids().map((one) => one.code),
      false,
    ),
  clear: () => board.clearSelection(),
  floors: () => {
    const { grid, rows } = board.selection;
    if (grid) stack.show(grid, grid.atoms[[...rows][0]].building_id);
    chooseTab("stack");
  },
  agree: () => pending.commit(),
  leave: () => {
    closeMenus(null);
    if (pending.cancel()) return;
    gestures.leave();
    if (board.selection.grid) board.clearSelection();
    else board.choose(null);
    tools.take("select");
  },
};
const keys = { n: "new", x: "swap", f: "floors", r: "rebalance", u: "fill", delete: "take-out" };
for (const [name, act] of Object.entries(commands)) tools.onCommand(name, act);
for (const [key, name] of Object.entries(keys)) tools.onCommand(`key ${key}`, commands[name]);
tools.texts = Object.fromEntries(
  ["box", "lasso", "move", "push", "cut", "merge"].map((tool) => [tool, say(`editor.hint_${tool}`)]),
);
for (const button of document.querySelectorAll("[data-lock]")) {
  button.addEventListener("click", () => {
    at("locks").open = false;
    commands[button.dataset.lock]();
  });
}
tools.showBuilding = (grid, building) => {
  stack.show(grid, building);
  if (board.level === "floors") chooseTab("stack");
};
tools.onChange((tool) => tool === "merge" && board.chosen.size > 1 && actions.mergeChosen());
document.addEventListener("pointerdown", (event) => closeMenus(event.target));
onStepBack((address) => address.area && open(address.area));

async function start() {
  try {
    await open(asked.area || page.plan.area, { fit: !asked.at });
    if (board.gridOfCode.has(asked.micro_grid)) goTo({ code: asked.micro_grid });
    await queue.open();
    await readLog();
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    notices.warn(fault.message);
  }
}

chooseTab("selected");
selectedPanel.draw();
strip.people();
tools.take("select");
await start();

export { actions, board, queue }; // for whoever drives the page by script
