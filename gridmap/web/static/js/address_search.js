/** Looking for an address as people write it: what is like it stands in a list below the field, to choose from. */

import { ask, orShow } from "./api.js";
import { make, walkByArrows } from "./elements.js";
import { say } from "./page_data.js";

const field = (id) => document.getElementById(id);

walkByArrows(field("matches"), "button");

/** Show what is like the address in the field; `taken` gets the match that is chosen. */
export async function findAddress(fault, taken) {
  const list = field("matches");
  const address = field("address").value.trim();
  if (!address) return;
  await orShow(fault, async () => {
    const { matches } = await ask("/places/at", { query: { address } });
    const rows = matches.map((match) => {
      const name = match.address || match.name;
      const take = () => {
        list.hidden = true;
        field("address").value = name;
        taken(match);
      };
      return make("li", {}, make("button", { type: "button", onclick: take }, name));
    });
    const words = rows.length ? say("pages.addresses_found", { count: rows.length }) : say("pages.no_address");
    field("matches-said").textContent = words;
    list.replaceChildren(...(rows.length ? rows : [make("li", {}, make("p.quiet", {}, words))]));
    list.hidden = false;
    list.querySelector("button")?.focus();
  });
}
