/** Fields of the forms of steps. */

import { make } from "./elements.js";

/** One of several words, as radio buttons. */
export function radios(name, label, options, chosen) {
  const rows = options.map(({ value, text, more }) => {
    const box = make("input", { type: "radio", name, value });
    box.checked = value === chosen;
    return make("label.option", {}, box, make("span", {}, text, more || null));
  });
  return make("fieldset.field.options", { "data-field": name }, make("legend", {}, label), ...rows, make("p.wrong", { role: "alert" }));
}
