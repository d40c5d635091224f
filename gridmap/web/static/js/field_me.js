/** Me: the queue, my post, what is stored about me here and there. */

import { make } from "./elements.js";
import { askServer, Trouble } from "./field_calls.js";
import { drawConflicts } from "./field_conflicts.js";
import { stateSentence } from "./field_header.js";
import { plainNotice } from "./field_plain.js";
import { drawQueue } from "./field_queue_list.js";
import { inLanguage, shortMoment } from "./field_words.js";
import { count, page, say } from "./page_data.js";

const row = (key, value) => (value ? [make("dt", {}, say(key)), make("dd", {}, value)] : []);

function postOf(facts) {
  const { post } = facts;
  const name = `${inLanguage({ name_zh: post.role_zh, name_en: post.role_en })} ${post.code}`;
  return make(
    "dl.me",
    {},
    ...row("field.me_post", make("a", { href: `/staff/${encodeURIComponent(post.code)}` }, name)),
    ...row("field.me_organisation", post.organisation),
    ...row("field.me_phone", post.duty_phone),
    ...row("field.me_station", post.station?.name),
    ...row("field.me_micro_grids", count(facts.micro_grids.length)),
    ...row("field.me_buildings", count(facts.buildings.length)),
  );
}

/** Show the queue with how it stands; a form that is being written stays. */
export function showQueue(host, app) {
  if (host.querySelector("[data-keep]")) return;
  const state = app.sync.state;
  const parts = drawQueue(app, stateSentence(state));
  if (state.kind === "signed_out" || state.kind === "other_account") {
    parts.splice(2, 0, make("a.button.main.wide", { href: `${page.sign_in}?next=/field`, id: "sign-in-again" }, say("field.sign_in_again")));
  }
  if (app.syncedAt) parts.splice(2, 0, make("p.quiet", {}, say("field.synced_at", { at: shortMoment(app.syncedAt) })));
  if (app.facts) parts.splice(2, 0, ...drawConflicts(app));
  host.replaceChildren(...parts, ...plainNotice(app.store, { isOpen: true }));
}

/** My post, and the button that puts the page among the apps of the phone where the browser offers it. */
export function showPost(host, app) {
  const parts = [make("h2", {}, say("field.me_title")), postOf(app.facts)];
  if (app.installing) {
    const install = async () => {
      const offer = app.installing;
      app.installing = null; // an offer holds once
      await offer.prompt();
      app.redraw();
    };
    parts.push(make("button.button.wide", { type: "button", id: "install", onclick: install }, say("field.install")));
  }
  host.replaceChildren(...parts);
}

/** Count what the server has stored about the one who asks; without network nothing is said. */
export async function showStored(host) {
  try {
    const { content } = await askServer("/session/stored");
    const rows = content.items.filter((one) => one.count);
    host.replaceChildren(...rows.flatMap((one) => row(`field.stored_${one.what}`, count(one.count))));
  } catch (fault) {
    if (!(fault instanceof Trouble)) throw fault;
  }
}
