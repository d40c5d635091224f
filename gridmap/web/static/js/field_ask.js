/** A question with a few answers; nothing is lost by closing it. */

import { make } from "./elements.js";

/**
 * Ask.
 *
 * @param {string} title
 * @param {string} text
 * @param {{key: string, name: string, isMain?: boolean}[]} answers
 * @returns {Promise<string|null>} the key of the answer; null where it was closed
 */
export function askReader(title, text, answers) {
  const dialog = document.getElementById("ask");
  return new Promise((resolve) => {
    const button = ({ key, name, isMain }) =>
      make(isMain ? "button.button.main.wide" : "button.button.wide", { type: "button", "data-answer": key, onclick: () => dialog.close(key) }, name);
    dialog.replaceChildren(make("div.dialog-body", {}, make("h2", { id: "ask-title" }, title), make("p", {}, text), ...answers.map(button)));
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue || null), { once: true });
    dialog.showModal();
  });
}
