/** What was done a moment ago, in words, with a way to take it back where there is one. */

import { icon, make } from "./elements.js";
import { say } from "./page_data.js";

const place = document.getElementById("told");

/**
 * Say it; the focus comes here where what had it is gone.
 *
 * @param {string} words
 * @param {{label: string, act: function()}|null} button
 */
export function tell(words, button = null) {
  place.replaceChildren(
    make("p", {}, words),
    button ? make("button.button", { type: "button", "data-do": "take-back", onclick: button.act }, button.label) : "",
    make(
      "button.button.plain.close",
      { type: "button", "aria-label": say("planner.close"), onclick: untell },
      icon("close"),
    ),
  );
  place.hidden = false;
  keepFocus();
}

/** Bring the focus back to the page when a list was drawn anew under it. */
export function keepFocus() {
  const here = document.activeElement;
  if (here === null || here === document.body) place.focus({ preventScroll: true });
}

/** Forget what was said; another plan is shown. */
export function untell() {
  place.hidden = true;
}
