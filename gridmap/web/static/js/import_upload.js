/** Sending a file with a bar that says how much of it is sent. */

import { Problem } from "./api.js";
import { page, percent, say } from "./page_data.js";

const ACCEPTED = 202;
const at = (id) => document.getElementById(id);

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

/**
 * Send a form with a file.
 *
 * @param {FormData} form
 * @param {string} name of the file
 * @returns {Promise<object|null>} the import the server has taken on; null when the reader stopped it before
 * @throws {Problem} when the server refuses it, or does not answer
 */
export function sendFile(form, name) {
  const request = new XMLHttpRequest();
  at("work").hidden = false;
  at("work-stop").textContent = say("import.stop");
  at("work-stop").disabled = false;
  at("work-time").textContent = "";
  at("work-title").textContent = say("import.sending", { name });
  showShare(0);
  const stop = () => request.abort();
  at("work-stop").addEventListener("click", stop);
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => showShare(event.loaded / event.total));
    request.addEventListener("abort", () => resolve(null));
    request.addEventListener("error", () => reject(new Problem(0, {})));
    request.addEventListener("load", () => {
      const answer = readAnswer(request);
      if (request.status === 401) {
        window.location.assign(`${page.sign_in}?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
      }
      if (request.status === ACCEPTED) resolve(answer);
      else reject(new Problem(request.status, answer));
    });
    request.open("POST", "/api/v1/plans/imports");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", page.language);
    request.setRequestHeader("X-CSRFToken", page.csrf);
    request.send(form);
  }).finally(() => {
    at("work-stop").removeEventListener("click", stop);
    at("work").hidden = true;
  });
}
