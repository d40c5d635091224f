/** The strip of tools, their keys, and the filters of what a gesture takes. */

import { rove } from "./editor_keys.js";

const TOOL_KEYS = { v: "select", b: "box", l: "lasso", g: "move", p: "push", c: "cut", m: "merge" };
const SINGLE_KEYS = "editor.single_keys";

/** Tell whether the reader is typing into a field. */
function isTyping(target) {
  return (
    target instanceof HTMLElement &&
    (target.matches("input:not([type=checkbox], [type=range]), select, textarea") || target.isContentEditable)
  );
}

/** Which tool is in the hand. */
export class Tools {
  constructor({ strip, line, board }) {
    Object.assign(this, { strip, line, board, current: "select", listeners: [], commands: new Map() });
    rove(strip, "button", "button")();
    strip.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.tool) this.take(button.dataset.tool);
      else if (button?.dataset.command) this.run(button.dataset.command);
    });
    for (const select of document.querySelectorAll("[data-filter]")) {
      select.addEventListener("change", () => {
        board[select.dataset.filter] = select.value;
        board.tell("level");
      });
    }
    document.addEventListener("keydown", (event) => this.key(event));
    this.singleKeys = document.getElementById("single-keys");
    this.singleKeys.checked = window.localStorage.getItem(SINGLE_KEYS) !== "off";
    this.singleKeys.addEventListener("change", () => {
      window.localStorage.setItem(SINGLE_KEYS, this.singleKeys.checked ? "on" : "off");
    });
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  /** Name what a button or key with `data-command` does. */
  onCommand(name, act) {
    this.commands.set(name, act);
  }

  take(tool) {
    this.current = tool;
    for (const button of this.strip.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
    document.getElementById("map").dataset.tool = tool;
    this.rest();
    for (const listener of this.listeners) listener(tool);
  }

  run(name) {
    return this.commands.get(name)?.();
  }

  /** Say what the tool does, now that no gesture is under way. */
  rest() {
    this.hint(this.texts?.[this.current] ?? "");
  }

  /** Say at the foot of the map what the tool does, or what the gesture would do. */
  hint(text) {
    if (this.line.textContent !== text) this.line.textContent = text;
    this.line.hidden = text === "";
  }

  key(event) {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const isShifted = event.shiftKey && key !== event.key;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !isTyping(event.target)) {
      const name = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
      if (!name) return;
      event.preventDefault();
      this.run(name);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const isButton = event.target instanceof HTMLElement && event.target.closest("button, a, summary");
    if (key === "escape") this.run("leave");
    else if (key === "enter" && !isButton) this.run("agree");
    else if (!this.singleKeys.checked) return;
    else if (isShifted && this.commands.has(`key shift ${key}`)) this.run(`key shift ${key}`);
    else if (TOOL_KEYS[key]) this.take(TOOL_KEYS[key]);
    else if (this.commands.has(`key ${key}`)) this.run(`key ${key}`);
    else return;
    event.preventDefault();
  }
}
