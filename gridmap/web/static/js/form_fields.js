/** Fields of a form in a dialog: label, control and a place for what is wrong, which the API tells by field. */

import { make } from "./elements.js";

let made = 0;

/** Put a label and a place for what is wrong around a control; `name` is how the API calls the field. */
export function field(name, label, control) {
  const id = `field-${(made += 1)}`;
  control.id = id;
  control.setAttribute("name", name);
  control.setAttribute("aria-describedby", `${id}-fault`);
  return make("div.field", { "data-field": name }, make("label", { for: id }, label), control, make("p.wrong", { id: `${id}-fault` }));
}

/** Several words of a list: a box each. */
export function boxes(name, label, words, chosen) {
  const id = `field-${(made += 1)}`;
  const options = words.map(({ word, name: text }) => {
    const box = make("input", { type: "checkbox", name, value: word });
    box.checked = chosen.includes(word);
    return make("label", {}, box, ` ${text}`);
  });
  return make("fieldset.field", { "data-field": name, "aria-describedby": `${id}-fault` }, make("legend", {}, label), ...options, make("p.wrong", { id: `${id}-fault` }));
}

/** One word of a list. */
export function choice(words, chosen) {
  const select = make("select.input", {}, ...words.map(({ word, name }) => make("option", { value: word }, name)));
  if (chosen !== undefined && chosen !== null) select.value = chosen;
  return select;
}

/** Take back what was said to be wrong. */
export function clearFaults(form) {
  for (const wrong of form.querySelectorAll(".wrong")) wrong.replaceChildren();
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

/**
 * Write each fault beside its field and go to the first; gives the words that belong to no field.
 *
 * @param {object[]} more faults besides those of the problem: `column` and `text`
 */
export function showFaults(form, problem, more = []) {
  clearFaults(form);
  const rest = [];
  let first = null;
  const faults = [...(problem.body.fields ?? []), ...more];
  for (const { column, text } of faults) {
    // One fault may concern several fields: `station_code+area_code`.
    const place = column.split("+").map((name) => form.querySelector(`[data-field="${CSS.escape(name)}"]`)).find(Boolean);
    const words = text.replace(/^[^:]* · [^:]*: /, ""); // the field is right above
    if (!place) {
      rest.push(words);
      continue;
    }
    place.querySelector(".wrong").append(words, " ");
    const control = place.querySelector("input, select, textarea");
    control?.setAttribute("aria-invalid", "true");
    first ??= control;
  }
  first?.focus();
  return faults.length ? rest : [problem.message];
}
