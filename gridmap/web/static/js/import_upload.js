/** Sending a file with a bar: first how much is sent, then how long the server has been at it. */

import { Problem } from "./api.js";
import { page, percent, say } from "./page_data.js";

const at = (id) => document.getElementById(id);
const SECOND = 1000;
const DISTRICT_SECONDS = 10; // measured: 9,747 buildings in 301 grids, one core

function readAnswer(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

function showShare(share) {
  at("work-share").textContent = percent(share);
  at("work-bar").value = share;
}

/** The server says nothing while it works: count the seconds. */
function countSeconds() {
  const begun = Date.now();
  const tick = () => {
    const seconds = Math.round((Date.now() - begun) / SECOND);
    at("work-title").textContent = say("import.drawing", { seconds });
  };
  at("work-bar").removeAttribute("value");
  at("work-share").textContent = "";
  at("work-time").textContent = say("import.takes", { seconds: DISTRICT_SECONDS });
  at("work-stop").hidden = true;
  tick();
  return window.setInterval(tick, SECOND);
}

/**
 * Send a form with a file.
 *
 * @param {FormData} form
 * @param {string} name of the file
 * @returns {Promise<object|null>} the answer; null when the reader stopped it before all was sent
 * @throws {Problem} when the server refuses it, or does not answer
 */
export function sendFile(form, name) {
  const request = new XMLHttpRequest();
  let clock = null;
  at("work").hidden = false;
  at("work-stop").hidden = false;
  at("work-time").textContent = "";
  at("work-title").textContent = say("import.sending", { name });
  showShare(0);
  const stop = () => request.abort();
  at("work-stop").addEventListener("click", stop);
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => showShare(event.loaded / event.total));
    request.upload.addEventListener("load", () => (clock = countSeconds()));
    request.addEventListener("abort", () => resolve(null));
    request.addEventListener("error", () => reject(new Problem(0, {})));
    request.addEventListener("load", () => {
      const answer = readAnswer(request);
      if (request.status === 401) {
        window.location.assign(`${page.sign_in}?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
      }
      if (request.status === 201) resolve(answer);
      else reject(new Problem(request.status, answer));
    });
    request.open("POST", "/api/v1/plans/import");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", page.language);
    request.setRequestHeader("X-CSRFToken", page.csrf);
    request.send(form);
  }).finally(() => {
    window.clearInterval(clock);
    at("work-stop").removeEventListener("click", stop);
    at("work").hidden = true;
  });
}
