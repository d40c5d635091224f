/** Reports of the same matter: suggested while one writes, and as parents to merge into. */

import { ask } from "./api.js";
import { make } from "./elements.js";
import { field } from "./form_fields.js";
import { categoryName, insideOf, issueLink, stateName } from "./issue_words.js";
import { decimal, moment, say } from "./page_data.js";

/** Say why an issue is suggested. */
function reasonOf(one) {
  if (one.same_building && one.same_category) return say("desk.duplicate_same");
  if (one.same_building) return say("desk.duplicate_alike");
  return say("desk.duplicate_near", { metres: decimal(one.distance_m, 0) });
}

function describe(one) {
  const place = [one.building_name, insideOf(one)].filter(Boolean).join(" ");
  return make(
    "span.duplicate",
    {},
    make("span.line", {}, make("b", {}, categoryName(one.category)), make("span.badge", {}, stateName(one.state)), one.reports > 1 ? make("span.badge", {}, say("desk.reports", { count: one.reports })) : null, make("span.end.quiet.small", {}, moment(one.reported_at))),
    one.text ? make("span", {}, one.text) : null,
    make("span.quiet.small", {}, [reasonOf(one), place].filter(Boolean).join(" · ")),
  );
}

/** Show suggestions in `place`; a button named `label` does `act(one)`: counts onto it, or merges into it. */
export function showDuplicates(place, found, act, label = say("desk.me_too")) {
  place.hidden = !found.length;
  place.replaceChildren(
    make("h3", {}, say("desk.duplicates")),
    make(
      "ul.duplicates",
      {},
      ...found.map((one) =>
        make(
          "li",
          { "data-issue": String(one.id) },
          describe(one),
          make("div.actions", {}, make("button.button", { type: "button", onclick: () => act(one) }, label), issueLink(one.id)),
        ),
      ),
    ),
  );
}

/** Choose the issue that another is merged into: one of the likely ones, or by its number. */
export async function suggestParents(issue) {
  const { items } = await ask(`/issues/${issue.id}/duplicates`);
  const number = make("input.input", { type: "number", min: "1", inputmode: "numeric" });
  const other = field("parent_id", say("desk.other_number"), number);
  const rows = items.map((one) => {
    const choose = () => {
      number.value = String(one.id);
    };
    const box = make("input", { type: "radio", name: `parents-${issue.id}`, "data-helps": "1", onchange: choose });
    return make("label.option", {}, box, make("span", {}, `#${one.id} `, describe(one)));
  });
  const words = rows.length ? say("desk.give_parent") : say("desk.no_parents");
  return make("fieldset.field.options", {}, make("legend", {}, words), ...rows, other);
}
