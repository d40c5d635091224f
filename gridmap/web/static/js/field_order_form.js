/** A new order for a building, written for a resident at the door: with and without network. */

import { make } from "./elements.js";
import { dayOf } from "./field_facts.js";
import { wordsField } from "./field_issue.js";
import { buildingName } from "./field_words.js";
import { choice, field } from "./form_fields.js";
import { page, say } from "./page_data.js";

function readForm(form, buildingId) {
  const { kind, title, text, wanted_by: day } = form.elements;
  const fields = { kind: kind.value, title: title.value.trim(), text: text.value.trim(), building_id: buildingId };
  return day.value ? { ...fields, wanted_by: day.value } : fields;
}

/**
 * Draw the form.
 *
 * @param {object} app the page
 * @param {{order: string, again?: string}} asked `order`: the building; `again`: an entry that was refused, to be mended
 */
export function drawOrderForm(app, asked) {
  const building = app.facts.buildings.find((one) => one.id === Number(asked.order));
  if (!building) return { title: say("field.not_mine"), content: [make("p.notice.finding", {}, say("field.not_mine_text"))] };
  const refused = asked.again ? app.sync.queue.items.find((item) => item.body.id === asked.again) : null;
  const given = refused?.body.fields ?? {};
  const { kinds, longest_title: longestTitle, longest_text: longestText } = page.orders;
  const kind = choice(kinds.map((word) => ({ word, name: say(`orders.kind_${word}`) })), given.kind);
  const title = make("input.input", { maxlength: longestTitle, required: true, autocomplete: "off", value: given.title ?? "" });
  const day = make("input.input", { type: "date", min: dayOf(), value: given.wanted_by ?? "" });
  const form = make(
    "form.step-form",
    { "data-keep": true },
    make("p.quiet", {}, buildingName(building)),
    field("kind", say("orders.kind"), kind),
    field("title", say("orders.title_label"), title),
    wordsField("text", say("orders.text_label"), { value: given.text ?? "", longest: longestText }),
    make("p.quiet", {}, say("orders.text_hint")),
    field("wanted_by", say("orders.wanted_by"), day),
    make("button.button.main.wide.big", {}, say("orders.save")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = readForm(form, building.id);
    if (!fields.title) return title.focus();
    form.remove();
    if (refused) await app.sendAgain(refused.body.id, { fields });
    else await app.add({ what: "order", fields }, { label: fields.title });
    app.tell(make("p", {}, make("b", {}, `✓ ${say("orders.noted")}`), ` ${fields.title}`));
    return app.close();
  });
  return { title: say("orders.write"), content: [form] };
}
