/** The frame on every page: search, menu, language. */

import { startSearch } from "./search.js";

const box = document.querySelector(".search");
if (box) startSearch(box);

// The language switch comes back to the view as it is now, not as it was loaded.
for (const form of document.querySelectorAll("form.language")) {
  form.addEventListener("submit", () => {
    form.elements.next.value = window.location.pathname + window.location.search;
  });
}

const menu = document.querySelector(".account");
if (menu) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
