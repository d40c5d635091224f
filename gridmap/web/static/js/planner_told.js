/** What was done a moment ago, in words, with a way to take it back where there is one. */

import { icon, make } from "./elements.js";
import { say } from "./page_data.js";

const place = document.getElementById("told");
const said = document.getElementById("said");
const SAID_MS = 5000;
let timer = 0;

/** Say it to those who listen, once: a dialog that closes would have it read again. */
export function announce(words) {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    said.textContent = "";
  }, SAID_MS);
  said.textContent = words;
}

/**
 * Say it; the focus comes here where what had it is gone.
 *
 * @param {string} words
 * @param {{label: string, act: function()}|null} button
 */
export function tell(words, button = null) {
  place.replaceChildren(
    make("p", { id: "told-words" }, words),
    button ? make("button.button", { type: "button", "data-do": "take-back", onclick: button.act }, button.label) : "",
    make(
      "button.button.plain.close",
      { type: "button", "aria-label": say("planner.close"), onclick: untell },
      icon("close"),
    ),
  );
  place.hidden = false;
  if (!keepFocus()) announce(words);
}

/** Bring the focus back to the page when a list was drawn anew under it; tells whether it had to. */
export function keepFocus() {
  const here = document.activeElement;
  const isLost = here === null || here === document.body;
  if (isLost) place.focus({ preventScroll: true });
  return isLost;
}

/** Forget what was said; another plan is shown. */
export function untell() {
  place.hidden = true;
}
