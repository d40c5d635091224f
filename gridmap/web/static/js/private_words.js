/** Words that may identify somebody: phones, identity numbers, number plates. They are pointed out, never refused. */

import { between } from "./issue_words.js";
import { say } from "./page_data.js";

const PLACES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领";
const KINDS = [
  ["id", /(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{5}[\dXx](?![\dA-Za-z])/g],
  ["phone", /(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)/g],
  ["phone", /(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)/g],
  ["plate", new RegExp(`[${PLACES}][A-Z][·. ]?[A-Z0-9]{4,5}[A-Z0-9学警港澳挂]`, "g")],
];

/** Find what may identify somebody: `[{kind, text}]`. */
export function findPrivate(words) {
  const found = KINDS.flatMap(([kind, pattern]) => [...words.matchAll(pattern)].map((match) => ({ kind, text: match[0] })));
  return [...new Map(found.map((one) => [one.text, one])).values()];
}

/** Warn in `place` of what a text holds; nothing is said of a text that holds nothing. */
export function warnOfPrivate(words, place) {
  const found = findPrivate(words).map((one) => say("desk.warn_one", { text: one.text, what: say(`desk.warn_${one.kind}`) }));
  place.hidden = !found.length;
  place.textContent = found.length ? `! ${say("desk.warn", { found: found.join(between) })}` : "";
}
