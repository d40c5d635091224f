/** Signing in at a station, where the city has switched it on: of one's own free will, once a day. */

import { icon, make } from "./elements.js";
import { dayOf } from "./field_facts.js";
import { shortMoment } from "./field_words.js";
import { page, say } from "./page_data.js";

const isToday = (at) => Boolean(at) && dayOf(new Date(at)) === dayOf();

/** When one signed in at a station today, by the server or by an entry that waits; null = not yet. */
function signedAt(station, entries) {
  if (isToday(station.signed_at)) return station.signed_at;
  return entries.find((one) => one.what === "sign_in" && one.station === station.code && isToday(one.made_at))?.made_at ?? null;
}

async function signIn(app, station) {
  await app.add({ what: "sign_in", station: station.code }, { label: `${say("sign_in.title")} · ${station.name}` });
  app.tell(make("p", {}, make("b", {}, `✓ ${say("sign_in.noted", { name: station.name })}`)));
}

/** Sign in at the station whose code was scanned. */
export async function signInAt(app, code) {
  const station = app.facts?.sign_in_stations.find((one) => one.code === code);
  if (station) return signIn(app, station);
  return app.tell(make("p", {}, say(app.facts?.sign_in_stations.length ? "sign_in.not_here" : "field.scan_foreign")));
}

function row(app, station, entries) {
  const at = signedAt(station, entries);
  const take = (event) => {
    event.currentTarget.disabled = true;
    return signIn(app, station);
  };
  const button = () => make("button.button", { type: "button", onclick: take, "aria-label": `${say("sign_in.sign_in")} ${station.name}` }, icon("check"), say("sign_in.sign_in"));
  const done = () => make("span.small", {}, say("sign_in.done", { at: shortMoment(at) }));
  return make("li", { "data-station": station.code }, make("b", {}, station.name), at ? done() : button());
}

/**
 * Draw the stations where one may sign in today; nothing where it is switched off.
 *
 * @param {object} app the page
 * @param {object[]} entries bodies in the queue that the needs do not show yet
 * @returns {Element[]}
 */
export function signInCard(app, entries) {
  const stations = app.facts.sign_in_stations;
  if (!stations.length) return [];
  const card = make(
    "section.card",
    { id: "sign-in", "aria-labelledby": "sign-in-title" },
    make("h2", { id: "sign-in-title" }, say("sign_in.title")),
    make("p.quiet", {}, say("sign_in.free", { days: page.sign_in_days })),
    make("ul.lines", {}, ...stations.map((station) => row(app, station, entries))),
  );
  return [make("div.own-cells", {}, card)];
}
