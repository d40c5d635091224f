/** Filters by words: categories, channels, states, tiers; several of each, none = all. */

import * as calls from "./calls.js";
import { make } from "./elements.js";
import { count, say, sayOr } from "./page_data.js";

export const LISTS = ["categories", "channels", "states", "tiers"];
const TEXTS = {
  categories: "pages.category_",
  channels: "officials.channel_",
  states: "pages.state_",
  tiers: "handling.tier_",
};

const panel = document.getElementById("words");
const opener = document.getElementById("words-open");

/** Name a word; one that a city brought along is shown as it is. */
export function wordName(list, word) {
  return sayOr(`${TEXTS[list]}${word}`, word);
}

function boxesOf(list) {
  return [...panel.querySelectorAll(`input[name="${list}"]`)];
}

function fieldset(list, words) {
  return make(
    "fieldset",
    {},
    make("legend", {}, say(`officials.list_${list}`)),
    ...words.map((word) =>
      make("label", {}, make("input", { type: "checkbox", name: list, value: word }), ` ${wordName(list, word)}`),
    ),
  );
}

/** Bring the words to life; `changed` gets the chosen ones of each list, joined by commas. */
export function startWords(changed) {
  const open = (isOpen) => {
    panel.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
  };
  const chosen = () =>
    Object.fromEntries(
      LISTS.map((list) => [
        list,
        boxesOf(list).filter((box) => box.checked).map((box) => box.value).join(","),
      ]),
    );
  opener.addEventListener("click", () => open(panel.hidden));
  panel.addEventListener("change", () => changed(chosen()));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    open(false);
    opener.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!panel.contains(target) && !opener.contains(target)) open(false);
  });

  return {
    async start() {
      const words = await calls.listHeatWords();
      const none = Object.fromEntries(LISTS.map((list) => [list, ""]));
      panel.replaceChildren(
        ...LISTS.map((list) => fieldset(list, words[list])),
        make("button.button", { type: "button", onclick: () => changed(none) }, say("officials.words_none")),
      );
    },
    /** Keep of what the address asks for the words that there are. */
    known(asked) {
      const keep = (list) => {
        const there = boxesOf(list).map((box) => box.value);
        return (asked[list] || "").split(",").filter((word) => there.includes(word)).join(",");
      };
      return Object.fromEntries(LISTS.map((list) => [list, keep(list)]));
    },
    mark(state) {
      let number = 0;
      for (const list of LISTS) {
        const words = state[list].split(",").filter(Boolean);
        number += words.length;
        for (const box of boxesOf(list)) box.checked = words.includes(box.value);
      }
      const text = number ? say("officials.words_some", { count: count(number) }) : say("officials.words");
      document.getElementById("words-said").textContent = text;
    },
  };
}
