/** Leaving: before anything is dropped from the phone it is said what was never sent. */

import { askReader } from "./field_ask.js";
import { askServer, Trouble } from "./field_calls.js";
import { stopTiles } from "./field_tiles.js";
import { count, page, say } from "./page_data.js";

/** Take all that belongs to the work off the phone. */
async function forget(store) {
  stopTiles();
  await store.wipe();
}

/** Close the session; a page that was kept from an earlier session gets the token of this one first. */
async function closeSession(form) {
  try {
    const { content } = await askServer("/session");
    form.elements.csrf_token.value = content.csrf_token;
  } catch (fault) {
    if (!(fault instanceof Trouble)) throw fault;
    if (fault.kind === "signed_out") return window.location.assign(page.sign_in);
    return undefined;
  }
  form.submit();
  return undefined;
}

async function leave(app, form) {
  if (app.sync.queue.unsent.length && navigator.onLine) await app.sync.run();
  const left = app.sync.queue.unsent.length;
  if (left) {
    const answer = await askReader(say("field.leave_title", { count: count(left) }), say("field.leave_text"), [
      { key: "send", name: say("field.leave_send"), isMain: true },
      { key: "stay", name: say("field.leave_stay") },
      { key: "discard", name: say("field.leave_discard") },
    ]);
    if (answer === "send") {
      await app.sync.run();
      return app.sync.queue.unsent.length ? app.choose("me") : leave(app, form);
    }
    if (answer !== "discard") return undefined;
  }
  if (!navigator.onLine) {
    const answer = await askReader(say("field.leave_offline"), say("field.leave_offline_text"), [
      { key: "stay", name: say("field.leave_stay"), isMain: true },
      { key: "wipe", name: say("field.leave_wipe") },
    ]);
    if (answer !== "wipe") return undefined;
    await forget(app.store);
    return window.location.reload();
  }
  await forget(app.store);
  return closeSession(form);
}

/** Stand between every button that signs out and what it does; and before closing what nothing outlives. */
export function guardLeaving(app) {
  window.addEventListener("beforeunload", (event) => {
    if (!app.store.isLasting && app.sync.queue.unsent.length) event.preventDefault();
  });
  for (const form of document.querySelectorAll("form[action$='/sign-out']")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      leave(app, form);
    });
  }
}

/**
 * The phone holds entries of another account that were never sent: its owner signs in again, or they are dropped.
 *
 * @returns {Promise<boolean>} whether the store is free now
 */
export async function settleForeign(store, entries) {
  const answer = await askReader(say("field.foreign_title", { count: count(entries) }), say("field.foreign_text"), [
    { key: "back", name: say("field.foreign_back"), isMain: true },
    { key: "discard", name: say("field.foreign_discard") },
  ]);
  if (answer !== "discard") return false;
  await store.wipe();
  return true;
}
