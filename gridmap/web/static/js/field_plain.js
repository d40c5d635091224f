/** What a browser does not give to a page that came over plain http, said before somebody relies on it. */

import { make } from "./elements.js";
import { say } from "./page_data.js";

const MISSING = ["install", "offline", "sealed", "camera", "position"];

/**
 * Say what is not to be had here; nothing where the page came safely.
 *
 * @param {object} store what the phone keeps
 * @param {{isOpen?: boolean}} more whether the list is open from the start
 * @returns {Element[]}
 */
export function plainNotice(store, { isOpen = false } = {}) {
  if (window.isSecureContext) return store.isLasting ? [] : [make("p.notice.finding", {}, say("field.not_lasting"))];
  return [
    make(
      "details.notice.finding",
      { ...(isOpen ? { open: true } : {}), "data-plain": true },
      make("summary", {}, say("field.plain_title")),
      make("ul", {}, ...MISSING.map((one) => make("li", {}, say(`field.plain_${one}`)))),
      make("p", {}, say("field.plain_still")),
    ),
  ];
}
