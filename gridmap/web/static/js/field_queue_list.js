/** The queue as the reader sees it: what waits, what was refused and why, what went out lately. */

import { make } from "./elements.js";
import { shortMoment } from "./field_words.js";
import { say, sayOr } from "./page_data.js";

const LATELY = 10;
const SIGNS = { waiting: "↑", stored: "✓", held: "…", conflict: "⇄", refused: "!" };

/** Say why the server has refused something. */
function reasonOf(item) {
  const { problem } = item.answer ?? {};
  if (!problem) return null;
  const fields = (problem.fields ?? []).map((one) => one.text);
  return [problem.detail || problem.title, ...fields].filter(Boolean).join(" ");
}

/** Mend words where an entry has some; a new issue is mended in its own form. */
function mendForm(app, item, close) {
  const { what, fields, given } = item.body;
  const area = make("textarea.input", { rows: "2", "aria-label": say("field.note") });
  area.value = (what === "step" ? given?.note : fields?.note) ?? "";
  const form = make("form.note-form", { "data-keep": true }, area, make("div.actions", {}, make("button.button.main", {}, say("field.send_again")), make("button.button", { type: "button", onclick: close }, say("pages.cancel"))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const note = area.value.trim();
    form.remove();
    await app.sendAgain(item.body.id, what === "step" ? { given: { ...given, note } } : { fields: { ...fields, note } });
  });
  return form;
}

function buttonsOf(app, item) {
  const { id, what } = item.body;
  const button = (key, name, press) => make("button.button", { type: "button", "data-press": name, onclick: press }, say(key));
  const discard = button("field.discard", "discard", () => app.discard(item));
  if (item.state !== "refused") return item.state === "waiting" ? [discard] : [];
  const again = button("field.send_again", "again", () => app.sendAgain(id));
  if (what === "issue") return [button("field.mend", "mend", () => app.open({ report: String(item.body.fields.building_id), again: id })), again, discard];
  if (what === "order" && item.body.fields) return [button("field.mend", "mend", () => app.open({ order: String(item.body.fields.building_id), again: id })), again, discard];
  if (!["visit", "step"].includes(what)) return [again, discard];
  const mend = (event) => {
    const row = event.currentTarget.closest("li");
    row.querySelector(".actions").hidden = true;
    row.append(mendForm(app, item, () => app.redraw()));
  };
  return [button("field.mend", "mend", mend), again, discard];
}

function row(app, item) {
  const reason = item.state === "refused" ? reasonOf(item) : null;
  const buttons = buttonsOf(app, item);
  return make(
    "li",
    { "data-entry": item.body.id, "data-state": item.state },
    make("p", {}, make("span.sign", { "aria-hidden": "true" }, `${SIGNS[item.state]} `), make("b", {}, sayOr(`field.what_${item.body.what}`, item.body.what)), ` ${item.label}`),
    make("p.quiet", {}, `${say(`field.state_${item.state}`)} · ${shortMoment(item.body.made_at)}`),
    reason ? make("p.reason", {}, reason) : null,
    buttons.length ? make("div.actions", {}, ...buttons) : null,
  );
}

/** Draw the queue: troubles first, then what waits, then the last that went out. */
export function drawQueue(app, heading) {
  const { queue } = app.sync;
  const sent = queue.items.filter((item) => !["waiting", "refused"].includes(item.state)).reverse();
  const open = [...queue.troubled, ...queue.waiting];
  const send = make("button.button.main.wide", { type: "button", id: "send-now", onclick: () => app.sync.run() }, say("field.send_now"));
  return [
    make("h2", { id: "queue-title" }, say("field.queue")),
    make("p", {}, heading),
    queue.waiting.length ? send : null,
    open.length ? make("ul.entries", { id: "open-entries" }, ...open.map((item) => row(app, item))) : null,
    sent.length
      ? make("details", {}, make("summary", {}, say("field.sent_lately")), make("ul.entries", { id: "sent-entries" }, ...sent.slice(0, LATELY).map((item) => row(app, item))))
      : null,
  ].filter(Boolean);
}
