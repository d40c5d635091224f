/** Page of webhooks: whom steps are told to, what became of the telling, and one more address. */

import { ask, orShow, Problem } from "./api.js";
import { icon, make } from "./elements.js";
import { clearFaults, showFaults } from "./form_fields.js";
import { count, moment, say, sayOr } from "./page_data.js";

const LOOK_AGAIN_MS = [1000, 2000, 4000, 8000]; // a message takes its time; then the reader looks again
const element = (id) => document.getElementById(id);
const state = { rows: [], again: 0 };

const actionName = (action) => sayOr(`handling.action_${action}`, say("webhooks_page.action_report"));

/** Put what the receiver answered into words: a status of HTTP, or why there was none. */
function answerWords(row) {
  const [kind, ...rest] = row.answer.split(": ");
  if (/^\d+$/.test(kind)) return say(kind.startsWith("2") ? "webhooks_page.taken" : "webhooks_page.not_taken", { status: kind });
  const known = sayOr(`webhooks_page.answer_${kind}`, say("webhooks_page.answer_none", { reason: kind }));
  return rest.length ? `${known} (${rest.join(": ")})` : known;
}

const isFailing = (row) => row.answer !== null && !/^2\d\d$/.test(row.answer);

function lastWords(row) {
  if (row.tried_at === null) return say("webhooks_page.never");
  return `${moment(row.tried_at)} · ${answerWords(row)}`;
}

function nextWords(row) {
  if (!row.waiting) return null;
  if (!row.is_on) return say("webhooks_page.next_off");
  return say("webhooks_page.next", { time: moment(row.next_at) });
}

function figure(name, number, kind = "") {
  return make("div", {}, make("dt", {}, name), make(number && kind ? `dd.${kind}` : "dd", {}, count(number)));
}

function badge(row) {
  if (!row.is_on) return make("span.badge", {}, say("webhooks_page.off"));
  return isFailing(row) ? make("span.badge.failing", {}, `! ${say("webhooks_page.failing")}`) : make("span.badge.on", {}, `✓ ${say("webhooks_page.on")}`);
}

async function act(words, work) {
  const done = await orShow(element("fault"), async () => {
    await work();
    return true;
  });
  if (!done) return;
  element("said").textContent = words;
  await look(LOOK_AGAIN_MS);
}

function remove(row) {
  if (!window.confirm(say("webhooks_page.remove_ask", { address: row.address }))) return;
  act(say("webhooks_page.removed", { address: row.address }), () => ask(`/webhooks/${row.id}`, { method: "DELETE" }));
}

function actionsOf(row) {
  const named = { address: row.address };
  const button = (name, work, key) => make("button.button", { type: "button", "data-do": name, "aria-label": say(`webhooks_page.${key}_of`, named), onclick: work }, say(`webhooks_page.${key}`));
  const toggle = () => act(say(row.is_on ? "webhooks_page.said_off" : "webhooks_page.said_on", named), () => ask(`/webhooks/${row.id}`, { method: "PATCH", body: { is_on: !row.is_on } }));
  const trial = () => act(say("webhooks_page.said_trial", named), () => ask(`/webhooks/${row.id}/trials`, { method: "POST" }));
  const retry = () => act(say("webhooks_page.said_retry", named), () => ask(`/webhooks/${row.id}/retries`, { method: "POST" }));
  return make(
    "div.actions",
    {},
    row.is_on ? button("trial", trial, "trial") : null,
    row.dead ? button("retry", retry, "retry") : null,
    button("switch", toggle, row.is_on ? "switch_off" : "switch_on"),
    button("remove", () => remove(row), "remove"),
  );
}

function webhookRow(row) {
  const told = row.actions.length ? row.actions.map(actionName).join(say("webhooks_page.and")) : say("webhooks_page.all_steps");
  const next = nextWords(row);
  return make(
    "li",
    { "data-webhook": row.id },
    make("div.webhook-head", {}, make("b", {}, row.address), badge(row)),
    make("p.quiet.small", {}, say("webhooks_page.told", { steps: told })),
    make(
      "dl.webhook-figures",
      {},
      figure(say("webhooks_page.delivered"), row.delivered),
      figure(say("webhooks_page.waiting"), row.waiting),
      figure(say("webhooks_page.dead"), row.dead, "dead"),
      make("div.last", {}, make("dt", {}, say("webhooks_page.last")), make("dd", {}, lastWords(row))),
    ),
    next ? make("p.small", {}, next) : null,
    actionsOf(row),
  );
}

/** Read the list; `again`: after how long to look once more, while something waits. */
async function look(again = []) {
  window.clearTimeout(state.again);
  const found = await orShow(element("fault"), () => ask("/webhooks"));
  if (!found) return;
  const focused = document.activeElement?.closest("[data-webhook]")?.dataset.webhook;
  const done = document.activeElement?.dataset.do;
  state.rows = found.items;
  const rows = state.rows.map(webhookRow);
  element("webhooks").replaceChildren(...(rows.length ? rows : [make("li.empty", {}, say("webhooks_page.none"))]));
  if (focused) element("webhooks").querySelector(`[data-webhook="${focused}"] [data-do="${done}"]`)?.focus();
  if (again.length && state.rows.some((row) => row.waiting)) {
    state.again = window.setTimeout(() => look(again.slice(1)), again[0]);
  }
}

function showSecret(secret) {
  element("secret").value = secret;
  element("new-secret").hidden = false;
  element("new-secret").focus();
}

element("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(element("secret").value);
  element("copy").replaceChildren(icon("check"), say("webhooks_page.copied"));
});
element("kept").addEventListener("click", () => {
  element("secret").value = "";
  element("new-secret").hidden = true;
  element("copy").replaceChildren(say("webhooks_page.copy"));
  element("address").focus();
});
element("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  clearFaults(form);
  element("add-fault").replaceChildren();
  const actions = [...form.querySelectorAll("[name=actions]:checked")].map((box) => box.value);
  try {
    const { secret } = await ask("/webhooks", { method: "POST", body: { address: element("address").value.trim(), actions } });
    form.reset();
    showSecret(secret);
    await look();
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    const taken = fault.status === 409 ? [{ column: "address", text: fault.message }] : [];
    const rest = showFaults(form, fault, taken);
    if (rest.length) element("add-fault").append(make("p.notice.fault", { role: "alert" }, rest.join(" ")));
  }
});
await look();
