/** One order as a row of the desk's list: what, where, by when, who has it by role, and what one may do now. */

import { make } from "./elements.js";
import { day, page, say } from "./page_data.js";

const MAIN = ["claim", "finish", "confirm"];
const byLanguage = (zh, en) => (page.language === "en" && en ? en : zh);

/** Say what is known of an order besides its title. */
export function orderFacts(order) {
  const claimed = order.is_mine ? say("orders.mine") : order.claimed_role_zh && say("orders.claimed_by", { role: byLanguage(order.claimed_role_zh, order.claimed_role_en) });
  return [
    say(`orders.kind_${order.kind}`),
    order.building_name || byLanguage(order.area_name, order.area_name_en),
    order.wanted_by && say("orders.by_day", { day: day(order.wanted_by) }),
    claimed,
  ].filter(Boolean);
}

/** Make the row; `step(order, action)` takes a step, `point()` shows the place. */
export function orderRow(order, { step, point }) {
  const button = (action) =>
    make(MAIN.includes(action) ? "button.button.main" : "button.button", { type: "button", "data-action": action, onclick: () => step(order, action) }, say(`orders.action_${action}`));
  return make(
    "li",
    { "data-order": order.id },
    make("div.order-head", {}, make("button.name", { type: "button", onclick: point }, order.title), make(`span.badge.${order.state}`, {}, say(`orders.state_${order.state}`)), order.is_overdue ? make("span.overdue", {}, say("orders.overdue")) : null),
    make("p.quiet.small", {}, orderFacts(order).join(" · ")),
    order.text ? make("p", {}, order.text) : null,
    order.steps.length ? make("div.actions", {}, ...order.steps.map(button)) : null,
  );
}
