/** What buttons and keys do, by name. */

import { say } from "./page_data.js";

const KEYS = {
  n: "new",
  x: "swap",
  f: "floors",
  r: "rebalance",
  u: "fill",
  delete: "take-out",
  "?": "help",
  "/": "search",
  1: "to-list",
  2: "to-map",
  3: "to-panel",
  "shift p": "push-steps",
  "shift c": "cut-steps",
  "shift l": "lock-selected",
};

/** Build the commands of the page from its parts. */
export function makeCommands(parts) {
  const { board, tools, actions, gestures, pending, list, stack, steps, selectedPanel, notices } = parts;
  const all = () => board.microGrids().map((one) => one.code);
  const needsOne = (act) => () => (board.primary ? act(board.primary) : notices.warn(say("editor.choose_one")));
  return {
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
    "lock-all": () => actions.lock(all(), true),
    "unlock-all": () => actions.lock(all(), false),
    "lock-selected": () => actions.lockSelected(),
    "lock-all-buildings": () => actions.lockAllBuildings(true),
    "unlock-all-buildings": () => actions.lockAllBuildings(false),
    "push-steps": needsOne(() => {
      parts.chooseTab("selected");
      selectedPanel.focusBorders();
    }),
    "cut-steps": needsOne((code) => steps.cut(code)),
    clear: () => board.clearSelection(),
    floors: () => {
      const { grid, rows } = board.selection;
      if (grid) stack.show(grid, grid.atoms[[...rows][0]].building_id);
      parts.chooseTab("stack");
      stack.focus();
    },
    search: () => {
      parts.chooseTab("selected");
      selectedPanel.words.focus();
    },
    "to-list": () => list.focus(),
    "to-map": () => document.getElementById("map").focus({ focusVisible: true }),
    "to-panel": () => document.querySelector("#tabs [aria-selected=true]").focus(),
    help: () => {
      notices.say(""); // it would be read again when the dialog closes
      parts.help.showModal();
    },
    agree: () => pending.commit(),
    leave: () => {
      parts.closeMenus(null);
      if (pending.cancel()) return;
      gestures.leave();
      if (board.selection.grid) board.clearSelection();
      else board.choose(null);
      tools.take("select");
    },
  };
}

/** Tell the tools each command and its key. */
export function nameCommands(tools, commands) {
  for (const [name, act] of Object.entries(commands)) tools.onCommand(name, act);
  for (const [key, name] of Object.entries(KEYS)) tools.onCommand(`key ${key}`, commands[name]);
}
