/**
 * What the page shows: the needs as the server gave them, with one's own entries on top that it has not seen yet.
 * Nothing here asks or draws, so that with and without network the same is shown.
 */

const PERIODS = ["day", "month", "quarter"];
const EARTH_M = 6_371_000;
const OPEN_ENDS = ["settled", "void", "merged"];

/** Distance of two places by straight line, in metres. */
export function distance(one, other) {
  const rad = Math.PI / 180;
  const x = (other.lon - one.lon) * rad * Math.cos(((one.lat + other.lat) / 2) * rad);
  const y = (other.lat - one.lat) * rad;
  return Math.hypot(x, y) * EARTH_M;
}

/** Whether the needs do not show an entry yet: it waits, or was answered after they were put together. */
function isUnseen(item, needs) {
  if (item.state === "waiting") return true;
  if (item.state === "refused") return false;
  return Boolean(item.answer?.as_of) && item.answer.as_of > needs.as_of;
}

/** The bodies of the entries that the needs do not show yet. */
export function unseenBodies(items, needs) {
  return items.filter((item) => isUnseen(item, needs)).map((item) => item.body);
}

/** Put the entries about each visit together: `{record, building_id, kind, visited_at, note, isRemoved, items}`. */
export function visitsOf(items) {
  const records = new Map();
  for (const item of items) {
    const { what, record, fields } = item.body;
    if (!["visit", "removal"].includes(what) || item.state === "refused") continue;
    const known = records.get(record) ?? { record, items: [], isRemoved: false };
    if (what === "visit") Object.assign(known, fields, { isRemoved: false });
    else known.isRemoved = true;
    known.items.push(item);
    records.set(record, known);
  }
  return [...records.values()].filter((one) => one.building_id);
}

/** Today's day in the calendar of this phone, as the server writes days. */
export function dayOf(at = new Date()) {
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** What is due of a kind at a building: as the server says, until its period is over; then by one's own entries. */
function dueOf(visit, own, needs) {
  const isOver = dayOf() > visit.due_last_day; // the phone has been without news since
  const mine = own.filter((one) => one.kind === visit.kind && !one.isRemoved);
  const latest = mine.sort((one, other) => Date.parse(other.visited_at) - Date.parse(one.visited_at))[0] ?? null;
  const isMine = latest !== null && (isOver || dayOf(new Date(latest.visited_at)) >= visit.due_first_day);
  const isTakenBack = own.some((one) => one.kind === visit.kind && one.isRemoved && one.items.some((item) => isUnseen(item, needs)));
  const done = isMine || (visit.done && !isOver && !(isTakenBack && !isMine && isOwn(visit, own)));
  return { ...visit, done, own: isMine ? latest : null };
}

/** Whether the visit that the server knows last is one that this phone has taken back. */
function isOwn(visit, own) {
  const last = visit.last_at ? Date.parse(visit.last_at) : NaN;
  return own.some((one) => one.isRemoved && Math.abs(Date.parse(one.visited_at) - last) < 1000);
}

/** Follow one's own steps that the server has not seen: the state it would be in, and the last of them. */
function withSteps(issue, items, needs, register) {
  const own = items.filter((item) => item.body.what === "step" && (item.body.issue_id === issue.id || item.body.issue === issue.entry) && isUnseen(item, needs));
  let { state } = issue;
  if (!own.length) return { ...issue, steps: issue.isOwn ? register.filter((one) => one.from_state === state) : issue.steps, pending: null };
  for (const { body } of own) {
    const step = register.find((one) => one.from_state === state && one.action === body.action);
    if (step && !["same", "before"].includes(step.to_state)) state = step.to_state;
  }
  return { ...issue, state, steps: register.filter((one) => one.from_state === state), pending: own.at(-1) };
}

function ownIssue(item) {
  const { fields, made_at: madeAt, id } = item.body;
  return {
    id: item.answer?.result?.issue_id ?? null,
    entry: id,
    state: "reported",
    version: 1,
    steps: [],
    events: [],
    photos: [],
    dispatched_to_me: false,
    reported_at: madeAt,
    due_at: null,
    ...{ entrance_number: null, floor: null, ...fields },
    isOwn: true,
  };
}

/**
 * Put together what the page shows.
 *
 * @param {object} needs of the server
 * @param {object[]} items of the queue
 * @param {object[]} register the steps that field staff may take, by state
 */
export function factsOf(needs, items, register) {
  const own = visitsOf(items);
  const known = new Set(needs.issues.map((issue) => issue.id));
  const fresh = items
    .filter((item) => item.body.what === "issue" && isUnseen(item, needs) && !known.has(item.answer?.result?.issue_id))
    .map(ownIssue);
  const issues = [...needs.issues, ...fresh].map((issue) => withSteps(issue, items, needs, register));
  const open = issues.filter((issue) => !OPEN_ENDS.includes(issue.state));
  const buildings = needs.buildings.map((building) => {
    const here = own.filter((one) => one.building_id === building.id);
    const visits = building.visits.map((visit) => dueOf(visit, here, needs));
    return { ...building, visits, open_issues: Math.max(building.open_issues, open.filter((one) => one.building_id === building.id).length) };
  });
  const taken = new Set(items.filter((item) => item.body.what === "handoff" && item.state !== "refused").map((item) => item.body.plan_id));
  const handoffs = needs.handoffs.filter((one) => !taken.has(one.plan_id));
  // What an earlier release kept may lack what came later.
  return { notices: [], orders: [], conflicts: [], codes: [], sign_in_stations: [], ...needs, buildings, issues, handoffs, visits: own };
}

/** The kinds of visits one has to make, the most frequent first. */
export function myKinds(needs) {
  const mine = needs.visit_kinds.filter((kind) => kind.mine);
  const kinds = mine.length ? mine : needs.visit_kinds;
  return [...kinds].sort((one, other) => PERIODS.indexOf(one.period) - PERIODS.indexOf(other.period));
}

export const visitOf = (building, kind) => building.visits.find((visit) => visit.kind === kind) ?? null;

/** The buildings that have to be visited: those with homes; any other one may be. */
export const askedBuildings = (facts) => facts.buildings.filter((building) => building.households > 0);

/** The buildings where a visit of a kind is due. */
export function dueBuildings(facts, kind) {
  return askedBuildings(facts).filter((building) => visitOf(building, kind)?.done === false);
}

/** Order buildings as one would walk: always on to the nearest one, by straight line; `walk_m` from the one before. */
export function orderByNearest(buildings, from) {
  const left = [...buildings];
  const stops = [];
  let here = from;
  while (left.length) {
    const ways = left.map((one) => (here ? distance(here, one) : 0));
    const at = ways.reduce((least, way, place) => (way < ways[least] ? place : least), 0);
    const [nearest] = left.splice(at, 1);
    stops.push({ building: nearest, walk_m: here ? ways[at] : null, isStraight: true });
    here = nearest;
  }
  return stops;
}

/** Find buildings by compound, name or address; every word must be there. */
export function searchBuildings(buildings, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return buildings.filter((one) => {
    const said = `${one.compound_name ?? ""} ${one.name ?? ""} ${one.address ?? ""}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}
