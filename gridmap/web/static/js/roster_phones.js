/** Duty phones of roles, called where neither the post nor its station has one. */

import { ask, orShow } from "./api.js";
import { make } from "./elements.js";
import { page, say } from "./page_data.js";

const at = (id) => document.getElementById(id);

function row(role) {
  const name = page.language === "en" ? role.name_en : role.name_zh;
  const input = make("input.input", { id: `phone-${role.code}`, type: "tel", maxlength: "40", value: role.duty_phone ?? "", autocomplete: "off" });
  const refusal = make("div", { hidden: true });
  const said = make("span.quiet.small", { role: "status" });
  const save = async (event) => {
    event.preventDefault();
    said.textContent = "";
    const changed = await orShow(refusal, () =>
      ask(`/staff-roles/${role.code}`, { method: "PATCH", body: { duty_phone: input.value.trim() || null } }),
    );
    if (changed) said.textContent = say("roster_page.saved");
  };
  const button = make("button.button", { "aria-label": `${say("roster_page.save")} ${name}` }, say("roster_page.save"));
  return make("li", {}, make("form", { onsubmit: save }, make("label", { for: input.id }, name), input, button, said), refusal);
}

/** List the roles when the reader opens the list. */
export function setUpPhones() {
  at("phones").hidden = false;
  at("phones").addEventListener("toggle", () =>
    orShow(at("fault"), async () => {
      if (!at("phones").open) return;
      const { items } = await ask("/staff-roles");
      at("phone-rows").replaceChildren(...items.map(row));
    }),
  );
}
