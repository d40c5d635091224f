/** The report page: a warning beside the text, photos made small; all else works without scripts. */

import { warnOfPrivate } from "./private_words.js";
import { watchPhotos } from "./report_photos.js";

const text = document.getElementById("text");
const warning = document.getElementById("warning");

text.addEventListener("input", () => warnOfPrivate(text.value, warning));
warnOfPrivate(text.value, warning);

const photos = document.getElementById("photos"); // not on the page that follows a report
if (photos) watchPhotos(photos, document.getElementById("photos-shown"), document.getElementById("photos-said"));

const form = document.getElementById("report");
form.addEventListener("submit", () => {
  form.querySelector("button.main").setAttribute("aria-busy", "true");
});
