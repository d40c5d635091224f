/** A new issue on the spot: what it is, where, a few words; a photo if one likes. */

import { make } from "./elements.js";
import { wordsField } from "./field_issue.js";
import { photoField, photoOf } from "./field_photo.js";
import { buildingName, inLanguage } from "./field_words.js";
import { choice, field } from "./form_fields.js";
import { say } from "./page_data.js";

const upTo = (most) => Array.from({ length: most }, (_, at) => ({ word: String(at + 1), name: String(at + 1) }));
const NONE = { word: "", name: "–" };
const UNCHOSEN = { word: "", name: say("field.choose") };

/** Entrances and floors of the building that is chosen. */
function doorFields(building, given) {
  const entrance = choice([NONE, ...upTo(building?.entrance_count ?? 0)], given.entrance_number ?? "");
  const floor = choice([NONE, ...upTo(building?.storeys ?? 0)], given.floor ?? "");
  return [field("entrance_number", say("field.entrance"), entrance), field("floor", say("field.floor_label"), floor)];
}

function readForm(form) {
  const { category, building_id: building, entrance_number: entrance, floor, text } = form.elements;
  const fields = { category: category.value, text: text.value.trim(), building_id: Number(building.value) };
  if (entrance.value) fields.entrance_number = Number(entrance.value);
  if (floor.value) fields.floor = Number(floor.value);
  return fields;
}

/**
 * Draw the form.
 *
 * @param {object} app the page
 * @param {{report: string, again?: string}} asked `report`: the building; `again`: an entry that was refused, to be mended
 */
export function drawReport(app, asked) {
  const refused = asked.again ? app.sync.queue.items.find((item) => item.body.id === asked.again) : null;
  const given = refused?.body.fields ?? { building_id: Number(asked.report) || app.facts.buildings[0]?.id };
  const categories = app.facts.categories.map((one) => ({ word: one.category, name: inLanguage(one) }));
  const buildings = app.facts.buildings.map((one) => ({ word: String(one.id), name: buildingName(one) }));
  const building = choice(buildings, given.building_id ? String(given.building_id) : undefined);
  const category = choice([UNCHOSEN, ...categories], given.category ?? "");
  category.required = true;
  const doors = make("div.pair", {});
  const showDoors = (known) => doors.replaceChildren(...doorFields(app.facts.buildings.find((one) => one.id === Number(building.value)), known));
  building.addEventListener("change", () => showDoors({}));
  showDoors(given);
  const form = make(
    "form.step-form",
    { "data-keep": true },
    field("category", say("field.category"), category),
    field("building_id", say("field.building"), building),
    doors,
    wordsField("text", say("field.text"), { isAsked: true, value: given.text ?? "" }),
    refused ? null : photoField(),
    make("p.quiet", {}, say("field.text_hint")),
    make("button.button.main.wide.big", {}, say("field.report")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = readForm(form);
    const photo = await photoOf(form);
    const label = form.elements.category.selectedOptions[0].textContent;
    form.remove();
    if (refused) await app.sendAgain(refused.body.id, { fields });
    else await app.add({ what: "issue", fields }, { label, photo });
    app.tell(make("p", {}, make("b", {}, `✓ ${say("field.report_noted")}`), ` ${label}`));
    app.close();
  });
  return { title: say("field.new_issue"), content: [form] };
}
