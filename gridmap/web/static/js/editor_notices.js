/** What the page says: quietly for every answer, in a notice that stays for what needs the planner. */

import { icon, make } from "./elements.js";
import { say } from "./page_data.js";

const MOST = 4;

/** Notices over the map and the line that screen readers follow. */
export class Notices {
  constructor(place, line) {
    Object.assign(this, { place, line });
  }

  /** Say what was done; read aloud, gone with the next. */
  say(text) {
    this.line.textContent = text;
  }

  /** Say what did not go as asked; stays until it is closed. */
  warn(text) {
    const close = make("button.button.plain", { type: "button", "aria-label": say("editor.close") }, icon("close"));
    const notice = make("div.notice.finding.editor-notice", { role: "alert" }, make("p", {}, text), close);
    close.addEventListener("click", () => notice.remove());
    for (const old of [...this.place.children].slice(MOST - 1)) old.remove();
    this.place.prepend(notice);
  }

  clear() {
    this.place.replaceChildren();
  }
}
