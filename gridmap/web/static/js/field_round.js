/** The walking round of what is due: from the server on the walking network, else by straight line. */

import { askServer, Trouble } from "./field_calls.js";
import { distance, dueBuildings, orderByNearest, visitOf } from "./field_facts.js";

const LATEST = new Map(); // the last answer of each kind and start: its order stands until a newer one has come
const ANSWERED = new Map(); // the last answers, by what was asked: walking on asks nothing anew

/** Where a round starts: where one stands, else one's station, else nowhere in particular. */
export function startOf(app) {
  if (app.position) return app.position;
  const { station } = app.facts.post;
  return station?.lon ? { lon: station.lon, lat: station.lat } : null;
}

async function askRound(app, kind) {
  const done = app.facts.buildings.filter((one) => visitOf(one, kind)?.own).map((one) => one.id);
  const body = { kind, done, ...(app.position ? { start: app.position } : {}) };
  const key = JSON.stringify(body);
  const latest = latestKey(app, kind); // where one stands may change before the answer comes
  if (!ANSWERED.has(key)) ANSWERED.set(key, (await askServer("/field/round", { method: "POST", body })).content);
  LATEST.set(latest, ANSWERED.get(key));
  return ANSWERED.get(key);
}

const latestKey = (app, kind) => JSON.stringify([kind, app.position]);

/** The stops of a round that are still due, with those that the server did not know of behind them. */
function stopsOf(app, kind, answer) {
  const due = new Map(dueBuildings(app.facts, kind).map((one) => [one.id, one]));
  const stops = [];
  for (const stop of answer.stops) {
    const building = due.get(stop.building_id);
    if (building) stops.push({ building, walk_m: stop.walk_m, isStraight: stop.how !== "on_foot" });
    due.delete(stop.building_id);
  }
  const end = stops.at(-1)?.building ?? startOf(app);
  return [...stops, ...orderByNearest([...due.values()], end)];
}

/** The round by straight line: what can be said without network. */
function straightRound(app, kind) {
  const start = startOf(app);
  const stops = orderByNearest(dueBuildings(app.facts, kind), start);
  const line = [...(start ? [start] : []), ...stops.map((stop) => stop.building)].map((one) => [one.lon, one.lat]);
  return { stops, line: { type: "LineString", coordinates: line }, isStraight: true };
}

/** What can be shown at once: the order last walked, so that no other stop slips under the thumb; else by straight line. */
export function roundAtOnce(app, kind) {
  const answer = navigator.onLine ? LATEST.get(latestKey(app, kind)) : null;
  return answer ? { stops: stopsOf(app, kind, answer), line: answer.line, isStraight: false } : straightRound(app, kind);
}

/** The round on foot; null where the server cannot be asked. */
export async function walkingRound(app, kind) {
  if (!navigator.onLine) return null;
  try {
    const answer = await askRound(app, kind);
    return { stops: stopsOf(app, kind, answer), line: answer.line, isStraight: false };
  } catch (fault) {
    if (!(fault instanceof Trouble)) throw fault;
    return null;
  }
}

/** The way to one building: on foot, else straight there. */
export async function wayTo(app, building) {
  const start = startOf(app);
  if (!start) return null;
  const straight = {
    walk_m: distance(start, building),
    line: { type: "LineString", coordinates: [[start.lon, start.lat], [building.lon, building.lat]] },
    isStraight: true,
  };
  if (!navigator.onLine) return straight;
  try {
    const { content } = await askServer("/field/way", { method: "POST", body: { building_id: building.id, start } });
    return content.line ? { ...content, isStraight: content.how !== "on_foot" } : straight;
  } catch (fault) {
    if (!(fault instanceof Trouble)) throw fault;
    return straight;
  }
}

/** Ask the phone where it is, once; the place is used for the way and kept nowhere. */
export function findPosition() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(null);
    const found = ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude });
    navigator.geolocation.getCurrentPosition(found, () => resolve(null), { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 });
    return undefined;
  });
}
