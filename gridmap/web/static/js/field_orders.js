/** Orders on the phone: what one may claim, has claimed, or has written for a resident; with or without network. */

import { icon, make } from "./elements.js";
import { orderFacts } from "./order_row.js";
import { day, say } from "./page_data.js";

const MAIN = ["claim", "finish", "confirm"];

function card(order, add, entries) {
  const id = `order-${order.id}`;
  const sent = entries.filter((one) => one.what === "order" && one.order_id === order.id).at(-1);
  const label = `${say("orders.title")} · ${order.title}`;
  const button = (action) => {
    const take = (event) => {
      event.currentTarget.disabled = true;
      return add({ what: "order", order_id: order.id, action }, { label: `${label} · ${say(`orders.action_${action}`)}` });
    };
    const isMain = MAIN.includes(action);
    return make(isMain ? "button.button.main.wide" : "button.button.wide", { type: "button", onclick: take, "data-action": action }, isMain ? icon("check") : null, say(`orders.action_${action}`));
  };
  const steps = sent ? [make("p", { role: "status" }, `✓ ${say(`orders.action_${sent.action}`)}`)] : order.steps.map(button);
  return make(
    "section.card.handoff",
    { "aria-labelledby": id, "data-order": order.id },
    make("h2", { id }, order.title),
    make("p.quiet", {}, [say(`orders.state_${order.state}`), ...orderFacts(order)].join(" · ")),
    order.is_overdue ? make("p.overdue", {}, say("orders.overdue")) : null,
    order.text ? make("p", {}, order.text) : null,
    ...steps,
  );
}

/** An order that one has written and the server has not shown yet. */
function freshCard({ id, fields }) {
  const facts = [say("orders.waiting"), say(`orders.kind_${fields.kind}`), fields.wanted_by && say("orders.by_day", { day: day(fields.wanted_by) })];
  return make("section.card.handoff", { "aria-labelledby": `order-${id}`, "data-fresh": id }, make("h2", { id: `order-${id}` }, fields.title), make("p.quiet", {}, facts.filter(Boolean).join(" · ")), fields.text ? make("p", {}, fields.text) : null);
}

/**
 * Draw the orders of a post, those it has claimed first.
 *
 * @param {object[]} orders `needs.orders`
 * @param {(body: object, more: {label: string}) => Promise} add puts an entry into the queue of the phone
 * @param {object[]} entries bodies in that queue that were not refused; what they say is shown already
 * @returns {Element[]}
 */
export function orderCards(orders, add, entries = []) {
  const first = orders.filter((one) => one.is_mine);
  const fresh = entries.filter((one) => one.what === "order" && one.fields);
  return [...fresh.map(freshCard), ...[...first, ...orders.filter((one) => !one.is_mine)].map((order) => card(order, add, entries))];
}
