/** The report page: a warning beside the text; all else works without scripts. */

import { warnOfPrivate } from "./private_words.js";

const text = document.getElementById("text");
const warning = document.getElementById("warning");

text.addEventListener("input", () => warnOfPrivate(text.value, warning));
warnOfPrivate(text.value, warning);

const form = document.getElementById("report");
form.addEventListener("submit", () => {
  form.querySelector("button.main").setAttribute("aria-busy", "true");
});
