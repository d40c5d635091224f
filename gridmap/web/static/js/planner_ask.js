/** A small dialog: says what will happen, asks for words where needed, keeps a refusal beside its button. */

import { Problem } from "./api.js";
import { make } from "./elements.js";

const dialog = document.getElementById("ask");
const form = dialog.querySelector("form");
const yes = document.getElementById("ask-yes");
const no = document.getElementById("ask-no");
const fault = document.getElementById("ask-fault");

/** Show a refusal in `place`, with what is wrong in each field. */
export function showFault(place, problem) {
  const fields = (problem.body.fields ?? []).map((field) => make("li", {}, field.text));
  const list = fields.length ? make("ul", {}, ...fields) : null;
  place.replaceChildren(make("div.notice.fault", { role: "alert" }, make("p", {}, problem.message), list));
  place.hidden = false;
}

/**
 * Ask, then act; the dialog stays open until it worked or the reader leaves it.
 *
 * @param {{title: string, yes: string, body: Node[], act: function(FormData): Promise<object>}} options
 * @returns {Promise<object|null>} what `act` gave; null when the reader left
 */
export function askFirst({ title, yes: label, body, act }) {
  document.getElementById("ask-title").textContent = title;
  document.getElementById("ask-body").replaceChildren(...body);
  yes.textContent = label;
  yes.disabled = false;
  fault.hidden = true;
  let done = null;
  form.onsubmit = async (event) => {
    event.preventDefault();
    yes.disabled = no.disabled = true;
    fault.hidden = true;
    try {
      done = await act(new FormData(form));
      dialog.close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      showFault(fault, problem);
    } finally {
      yes.disabled = no.disabled = false;
    }
  };
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(done), { once: true });
  });
}

no.addEventListener("click", () => dialog.close());
dialog.addEventListener("cancel", (event) => no.disabled && event.preventDefault());
