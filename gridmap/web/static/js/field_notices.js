/** Notices on the phone: acknowledge, take round, mark buildings as reached, one or all; with or without network. */

import { icon, make } from "./elements.js";
import { clock, count, households, moment, page, say } from "./page_data.js";

const nameOf = (building) => [building.compound_name, building.name].filter(Boolean).join(" ") || building.address || String(building.id);
/** Name the entrances that the post answers for, where it is not the whole building. */
const doorsOf = (building) => (building.entrance_numbers ?? []).map((number) => say("field.entrance_number", { number })).join(page.language === "zh" ? "、" : ", ");
const partOf = (building) => [nameOf(building), doorsOf(building)].filter(Boolean).join(" ");
const areaOf = (notice) => (page.language === "en" && notice.area_name_en) || notice.area_name;
const labelOf = (notice) => `${say("notices.mine_title")} · ${notice.title}`;

/** Give a notice as it is with what the phone has not been told back yet: `entries` are bodies of its queue. */
function withEntries(notice, entries) {
  const mine = entries.filter((one) => one.notice_id === notice.id);
  const acknowledged = notice.acknowledged_at ?? mine.find((one) => one.what === "notice_ack")?.made_at ?? null;
  const buildings = notice.buildings.map((building) => {
    const told = mine.find((one) => one.what === "reach" && (!one.building_ids || one.building_ids.includes(building.id)));
    return { ...building, reached_at: building.reached_at ?? told?.made_at ?? null };
  });
  return { ...notice, acknowledged_at: acknowledged, buildings };
}

function act(work) {
  return async (event) => {
    event.currentTarget.disabled = true;
    await work();
  };
}

function buildingRow(notice, building, add) {
  const reach = act(() => add({ what: "reach", notice_id: notice.id, building_ids: [building.id] }, { label: `${labelOf(notice)} · ${partOf(building)}` }));
  const done = building.reached_at ? make("span.small", {}, say("notices.mine_building_done", { time: clock(building.reached_at) })) : null;
  const button = make("button.button", { type: "button", onclick: reach, "aria-label": `${say("notices.mine_building")} ${partOf(building)}` }, icon("check"), say("notices.mine_building"));
  return make(
    "li",
    { "data-building": building.id },
    make("div", {}, make("b", {}, partOf(building)), make("span.side", {}, done ?? button), make("span.quiet", {}, households(building.households))),
  );
}

function allButton(notice, left, add) {
  const body = { what: "reach", notice_id: notice.id, building_ids: left.map((one) => one.id) };
  const reach = act(async () => add(body, { label: labelOf(notice) }));
  const asked = (event) => {
    if (left.length === 1 || window.confirm(say("notices.mine_all_ask", { count: count(left.length) }))) reach(event);
  };
  return make("button.button.main.wide", { type: "button", onclick: asked, "data-all": notice.id }, icon("check"), say("notices.mine_all"));
}

function card(given, add, entries) {
  const notice = withEntries(given, entries);
  const id = `notice-${notice.id}`;
  const left = notice.buildings.filter((one) => !one.reached_at);
  const acknowledge = act(() => add({ what: "notice_ack", notice_id: notice.id }, { label: labelOf(notice) }));
  const isNew = notice.mine && !notice.acknowledged_at;
  const homes = households(left.reduce((sum, one) => sum + one.households, 0), notice.households_estimated);
  return make(
    "section.card.handoff",
    { "aria-labelledby": id, "data-notice": notice.id },
    make("h2", { id }, notice.title),
    make("p.quiet", {}, `${say("notices.mine_title")} · ${areaOf(notice)} · ${moment(notice.sent_at)}`),
    make("p", {}, notice.text),
    isNew ? make("button.button.main.wide", { type: "button", onclick: acknowledge, "data-acknowledge": notice.id }, icon("check"), say("notices.mine_acknowledge")) : null,
    left.length ? make("p", { role: "status" }, say("notices.mine_left", { count: count(left.length), homes })) : make("p", { role: "status" }, say("notices.mine_done")),
    left.length && !isNew ? allButton(notice, left, add) : null,
    make(
      "details",
      left.length && !isNew ? { open: true } : {},
      make("summary", {}, say("notices.mine_buildings", { count: count(notice.buildings.length) })),
      make("ul.cards", {}, ...notice.buildings.map((building) => buildingRow(notice, building, add))),
    ),
  );
}

/**
 * Draw the notices a post has to take round, those with homes left first.
 *
 * @param {object[]} notices `needs.notices`
 * @param {(body: object, more: {label: string}) => Promise} add puts an entry into the queue of the phone
 * @param {object[]} entries bodies in that queue that were not refused; what they say is shown already
 * @returns {Element[]}
 */
export function noticeCards(notices, add, entries = []) {
  const isDone = (notice) => withEntries(notice, entries).buildings.every((one) => one.reached_at);
  const shown = [...notices.filter((one) => !isDone(one)), ...notices.filter(isDone)];
  const fresh = shown.filter((one) => one.mine && !withEntries(one, entries).acknowledged_at);
  const all = act(async () => {
    for (const notice of fresh) await add({ what: "notice_ack", notice_id: notice.id }, { label: labelOf(notice) });
  });
  const atOnce = make("button.button.wide", { type: "button", onclick: all }, icon("check"), say("notices.mine_acknowledge_all", { count: count(fresh.length) }));
  return [...(fresh.length > 1 ? [atOnce] : []), ...shown.map((notice) => card(notice, add, entries))];
}
